"""Answers to a board of clips and images, however they were sent in.

Fields of a board's form, all counted by position from 1, so that nothing names an id or a category:

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
from typing import Any

from rest_framework import serializers

MOST_CHANGES = 30_000
LONGEST_MS = 2**31 - 1
NUMBER = re.compile(r"\d{1,9}\Z")


@dataclass(frozen=True)
class Timing:
    """How the participant came to the match of one clip; measured by the page, empty without script."""

    choice_ms: int
    n_changes: int = 0


@dataclass(frozen=True)
class BoardAnswers:
    """One board as sent in: `matches` and `timings` map clip positions to image positions and to how the match came
    about; positions count from 1. A value that is no number counts as image 0, which is on no board.
    """

    matches: Mapping[int, int]
    confidence: Mapping[int, int] = field(default_factory=dict)
    rt_ms: int | None = None
    timings: Mapping[int, Timing] = field(default_factory=dict)
    listening_declared: bool = False

    @classmethod
    def from_form(cls, data: Mapping[str, str]) -> "BoardAnswers":
        """Read the fields of a board's page."""
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

    @classmethod
    def from_draft(cls, draft: Mapping[str, Any]) -> "BoardAnswers":
        """The unsubmitted matches of a trial; JSON has stored their positions as text."""
        matches, confidence = (
            {int(key): value for key, value in draft.get(name, {}).items()} for name in ("matches", "confidence")
        )
        return cls(matches=matches, confidence=confidence)


def read_numbered(data: Mapping[str, str], name: str) -> dict[int, int]:
    """Values of the fields `<name>-<position>`; empty ones are left out."""
    found = {}
    for key, value in data.items():
        prefix, _, position = key.rpartition("-")
        if prefix == name and NUMBER.match(position) and value != "":
            found[int(position)] = int(value) if NUMBER.match(value) else 0
    return found


class PositionsField(serializers.DictField):
    """{"<clip position>": number}, as {int: number}."""

    child = serializers.IntegerField(min_value=0, max_value=LONGEST_MS)

    def to_internal_value(self, data: Any) -> dict[int, int]:
        values = super().to_internal_value(data)
        if not all(key.isdecimal() and len(key) <= 4 for key in values):
            raise serializers.ValidationError("Keys are positions that count from 1.")
        return {int(key): value for key, value in values.items()}


class ChoiceSerializer(serializers.Serializer):
    """How a match came about."""

    ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS)
    changes = serializers.IntegerField(min_value=0, max_value=MOST_CHANGES, default=0)


class ChoicesField(PositionsField):
    """{"<clip position>": {"ms", "changes"}}"""

    child = ChoiceSerializer()  # type: ignore[assignment]


class MatchesSerializer(serializers.Serializer):
    """Matches of a board, and how they came about."""

    matches = PositionsField()
    confidence = PositionsField(default=dict)
    choices = ChoicesField(default=dict)


class DraftSerializer(MatchesSerializer):
    """Unsubmitted matches, with all that the page needs to go on from them."""

    version = serializers.IntegerField(min_value=0)
    clock_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, default=0)

    def to_draft(self) -> dict[str, Any]:
        """As stored: keys are text, because JSON knows no other."""
        data = self.validated_data
        named = {name: {str(k): v for k, v in data[name].items()} for name in ("matches", "confidence", "choices")}
        return {**named, "clock_ms": data["clock_ms"]}


class AnswersSerializer(MatchesSerializer):
    """A whole board."""

    rt_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, allow_null=True, default=None)
    listening_declared = serializers.BooleanField(default=False)

    def to_answers(self) -> BoardAnswers:
        data = dict(self.validated_data)
        choices = data.pop("choices")
        return BoardAnswers(**data, timings={k: Timing(v["ms"], v["changes"]) for k, v in choices.items()})
