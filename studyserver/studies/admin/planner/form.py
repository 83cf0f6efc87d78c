"""The form of a question to the planner."""

from typing import Any

from django import forms

from studyserver.studies.jobs import MOST_BOARDS, PlanInputs


class PlanForm(forms.Form):
    """A question to the planner."""

    k = forms.IntegerField(label="Clips on a board", min_value=2, max_value=18, help_text="One of each category.")
    images = forms.IntegerField(
        label="Images on a board",
        min_value=2,
        max_value=18,
        required=False,
        help_text="Empty: as many as clips, as in the studies made here.",
    )
    design = forms.ChoiceField(label="Matching", choices=[("one_to_one", "one to one"), ("free", "free")])
    participants = forms.IntegerField(label="Participants of an arm", min_value=1, max_value=2000)
    trials = forms.IntegerField(label="Boards per participant", min_value=1, max_value=100)
    arms = forms.IntegerField(
        label="Arms", min_value=1, max_value=20, help_text="Each arm is planned alike; their people are added up."
    )
    alpha = forms.FloatField(
        label="Level of significance (alpha)", min_value=0.0001, max_value=0.5, help_text="One-sided; .05 is usual."
    )
    correction = forms.ChoiceField(
        label="Correction over the categories",
        choices=[("holm", "Holm"), ("bonferroni", "Bonferroni"), ("none", "none")],
        help_text="For tests of single categories; the test of all matches needs none.",
    )
    target = forms.FloatField(
        label="Power aimed for", min_value=0.5, max_value=0.999, help_text="Chance to see an effect that is there."
    )
    theta = forms.FloatField(
        label="Assumed theta",
        min_value=0.01,
        max_value=1,
        required=False,
        help_text="Share of clips that participants truly know, the rest being guessed; e.g. 0.2. Empty: no numbers of "
        "participants.",
    )
    share = forms.FloatField(
        label="Assumed share of one category",
        min_value=0.01,
        max_value=1,
        required=False,
        help_text="How often a single category's clip is matched correctly, guesses included; e.g. 0.6.",
    )
    sequential = forms.BooleanField(
        label="May stop early",
        required=False,
        help_text="A study that keeps this plan is told by its page, while it is open, whether the evidence suffices: "
        "“go on” or “may stop”, and nothing else. The evidence (an e-value) may be looked at at any time.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        k, images = data.get("k"), data.get("images")
        if k and images and images < k:
            self.add_error("images", f"A board of {k} clips needs {k} images or more, not {images}.")
        if (data.get("participants") or 0) * (data.get("trials") or 0) > MOST_BOARDS:
            self.add_error(
                "participants",
                f"Participants times boards can be {MOST_BOARDS:,} at most: that many answers see any effect worth "
                "the name, and exact laws of more take very long.",
            )
        if k and data.get("share") and data["share"] <= 1 / (images or k):
            self.add_error("share", f"A share of {1 / (images or k):.3g} is chance on this board; assume more.")
        return data

    def to_inputs(self) -> PlanInputs:
        """The question; an image for each clip is the same as no number of images."""
        data = dict(self.cleaned_data)
        return PlanInputs(**data | {"images": data["images"] if data["images"] != data["k"] else None})
