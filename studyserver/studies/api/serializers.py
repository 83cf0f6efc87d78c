"""Shapes of what pages send to the participants' API (`api`)."""

import json
from typing import Any

from rest_framework import serializers

from studyserver.studies.pages import MOST_CHANGES, BoardAnswers
from studyserver.studies.sitting import LISTEN_KINDS, Event, Timing

LONGEST_MS = 2**31 - 1
MOST_DATA = 2000


def is_storable(data: Any) -> bool:
    """Whether every database keeps this JSON; Python also reads NUL, half characters and 1e999."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
        return "\\u0000" not in text
    except ValueError:  # a number without end, or half of a character's pair
        return False


class EventSerializer(serializers.Serializer):
    """One event; see `sessions.Event`."""

    key = serializers.RegexField(r"^[A-Za-z0-9_-]{8,40}$")
    kind = serializers.RegexField(r"^[a-z_]{1,30}$")
    at_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, default=0)
    clip = serializers.IntegerField(min_value=0, max_value=1000, default=0)
    from_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, default=0)
    to_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, default=0)
    data = serializers.DictField(default=dict)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] in LISTEN_KINDS and not attrs["clip"]:
            raise serializers.ValidationError({"clip": "A listening event names the position of its clip."})
        if len(json.dumps(attrs["data"])) > MOST_DATA:
            raise serializers.ValidationError({"data": f"At most {MOST_DATA} characters."})
        if not is_storable(attrs["data"]):
            raise serializers.ValidationError({"data": "Only finite numbers and whole characters, none of them NUL."})
        return attrs


class EventsSerializer(serializers.Serializer):
    """A batch of events."""

    events = EventSerializer(many=True, max_length=200)  # type: ignore[call-arg]

    def to_events(self) -> list[Event]:
        return [Event(**event) for event in self.validated_data["events"]]


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


class DraftSerializer(serializers.Serializer):
    """Unsubmitted matches, with all that the page needs to go on from them."""

    version = serializers.IntegerField(min_value=0)
    matches = PositionsField()
    confidence = PositionsField(default=dict)
    choices = ChoicesField(default=dict)
    clock_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, default=0)

    def to_draft(self) -> dict[str, Any]:
        """As stored: keys are text, because JSON knows no other."""
        data = self.validated_data
        named = {name: {str(k): v for k, v in data[name].items()} for name in ("matches", "confidence", "choices")}
        return {**named, "clock_ms": data["clock_ms"]}


class AnswersSerializer(serializers.Serializer):
    """A whole board."""

    matches = PositionsField()
    confidence = PositionsField(default=dict)
    choices = ChoicesField(default=dict)
    rt_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, allow_null=True, default=None)
    listening_declared = serializers.BooleanField(default=False)

    def to_answers(self) -> BoardAnswers:
        data = self.validated_data
        return BoardAnswers(
            matches=data["matches"],
            confidence=data["confidence"],
            rt_ms=data["rt_ms"],
            timings={k: Timing(v["ms"], v["changes"]) for k, v in data["choices"].items()},
            listening_declared=data["listening_declared"],
        )
