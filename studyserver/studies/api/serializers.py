"""Shapes of events that pages send to the participants' API; those of answers and drafts belong to kinds of trials."""

import json
from typing import Any

from rest_framework import serializers

from studyserver.studies.sitting import LISTEN_KINDS, Event
from studyserver.studies.sitting.kinds import LONGEST_MS

MOST_DATA = 2000


def is_storable(data: Any) -> bool:
    """Whether every database keeps this JSON; Python also reads NUL, half characters and 1e999."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
        return "\\u0000" not in text
    except ValueError:  # a number without end, or half of a character's pair
        return False


class SendingSerializer(serializers.Serializer):
    """Which sending of which page a trial's answers are; see `sitting.Sending`."""

    key = serializers.RegexField(r"^[A-Za-z0-9_-]{8,40}$", default="")
    number = serializers.IntegerField(min_value=0, max_value=30_000, default=0)


class EventSerializer(serializers.Serializer):
    """One event; see `sitting.Event`."""

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
