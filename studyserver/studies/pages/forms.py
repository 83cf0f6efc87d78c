"""Forms around the trials: sound check, erasing, withdrawing. Trials are read by their kinds."""

from typing import Any

from django import forms


class SoundCheckForm(forms.Form):
    """What the participant heard, and with what."""

    HEARD = [("clearly", "Yes, clearly"), ("faintly", "Yes, but faintly"), ("nothing", "No, nothing")]
    DEVICE = [("headphones", "Headphones or earphones"), ("speakers", "Loudspeakers"), ("other", "Something else")]

    heard = forms.ChoiceField(
        choices=HEARD, error_messages={"required": "Say whether you heard the sound.", "invalid_choice": "Choose one."}
    )
    device = forms.ChoiceField(
        choices=DEVICE, error_messages={"required": "Say what you listen with.", "invalid_choice": "Choose one."}
    )
    plays = forms.IntegerField(required=False, min_value=0, max_value=10_000)  # empty without script

    def clean(self) -> dict[str, Any]:
        """Nobody has heard a sample that was not played; whether it was, only a page with script can tell."""
        data = super().clean() or self.cleaned_data
        if data.get("plays") == 0 and data.get("heard") in ("clearly", "faintly"):
            self.add_error("heard", "Play the sample first, then say whether you heard it.")
        return data


class EraseForm(forms.Form):
    """Erasing asks for a tick, because it cannot be undone."""

    sure = forms.BooleanField(error_messages={"required": "Tick the box to say that you are sure."})


class ReceiptForm(EraseForm):
    """Withdrawal by receipt code."""

    receipt = forms.CharField(
        max_length=40,
        label="Receipt code",
        error_messages={"required": "Type the receipt code that you were given at the end."},
    )
