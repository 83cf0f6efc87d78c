"""What participants send in, read into plain values. Rules of the design are not here but in `sessions`.

Fields of a board (trial or practice), all counted by position from 1, so that nothing names an id or a category:

    clip-<i>              position of the image chosen for clip i
    confidence-<i>        1 to 7, where the study asks
    listening_declared    "on": without script, "I have listened to every clip"
    rt_ms                 filled in by script: all media ready to submit
    choice_ms-<i>         filled in by script: all media ready to the last assignment of clip i
    n_changes-<i>         filled in by script: how often clip i was assigned anew after its first assignment
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms

from studyserver.studies.models import Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting import Timing, record_answers, record_attention, record_practice

MOST_CHANGES = 30_000
NUMBER = re.compile(r"\d{1,9}\Z")


@dataclass(frozen=True)
class BoardAnswers:
    """One board as sent in. A value that is no number counts as image 0, which is on no board."""

    matches: Mapping[int, int]
    confidence: Mapping[int, int] = field(default_factory=dict)
    rt_ms: int | None = None
    timings: Mapping[int, Timing] = field(default_factory=dict)
    listening_declared: bool = False

    @classmethod
    def from_form(cls, data: Mapping[str, str]) -> "BoardAnswers":
        """Read the fields of the trial page."""
        choice_ms, n_changes = read_numbered(data, "choice_ms"), read_numbered(data, "n_changes")
        return cls(
            matches=read_numbered(data, "clip"),
            confidence=read_numbered(data, "confidence"),
            rt_ms=int(data["rt_ms"]) if NUMBER.match(data.get("rt_ms", "")) else None,
            timings={
                position: Timing(ms, min(n_changes.get(position, 0), MOST_CHANGES))
                for position, ms in choice_ms.items()
            },
            listening_declared=data.get("listening_declared") == "on",
        )


def read_numbered(data: Mapping[str, str], name: str) -> dict[int, int]:
    """Values of the fields `<name>-<position>`; empty ones are left out."""
    found = {}
    for key, value in data.items():
        prefix, _, position = key.rpartition("-")
        if prefix == name and NUMBER.match(position) and value != "":
            found[int(position)] = int(value) if NUMBER.match(value) else 0
    return found


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
    plays = forms.IntegerField(required=False, min_value=0, max_value=10_000)


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


def store_answers(*, trial: Trial, answers: BoardAnswers) -> Place:
    """Hand a board to the domain: practice and attention checks apart from the study's answers."""
    if trial.kind == Trial.Kind.ATTENTION:
        return record_attention(trial=trial, matches=answers.matches, rt_ms=answers.rt_ms)
    if trial.kind == Trial.Kind.PRACTICE:
        return record_practice(trial=trial, matches=answers.matches, listening_declared=answers.listening_declared)
    return record_answers(
        trial=trial,
        matches=answers.matches,
        confidence=answers.confidence,
        rt_ms=answers.rt_ms,
        timings=answers.timings,
        listening_declared=answers.listening_declared,
    )
