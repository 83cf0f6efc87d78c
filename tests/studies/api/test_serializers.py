"""Events as pages send them: what is storable, and what each kind of event must say."""

from typing import Any

import pytest

from studyserver.studies.api.serializers import EventsSerializer, is_storable
from studyserver.studies.sitting.events import Event


@pytest.mark.parametrize(
    ("data", "storable"),
    [({"ms": 5}, True), ({"t": "ä 😀"}, True), ({"t": "\0"}, False), ({"t": "\ud83d"}, False), ([float("inf")], False)],
)
def test_only_what_every_database_keeps_is_storable(data: Any, storable: bool) -> None:
    assert is_storable(data) is storable


def test_events_come_out_typed_with_their_defaults() -> None:
    body = EventsSerializer(data={"events": [{"key": "key-00001", "kind": "heard", "clip": 2, "to_ms": 900}]})
    assert body.is_valid()
    assert body.to_events() == [Event("key-00001", "heard", clip=2, to_ms=900, data={})]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"key": "key-00001", "kind": "play"}, "clip"),
        ({"key": "key-00001", "kind": "x", "data": {"t": "x" * 2000}}, "data"),
        ({"key": "key", "kind": "x"}, "key"),
        ({"key": "key-00001", "kind": "X!"}, "kind"),
        ({"key": "key-00001", "kind": "x", "at_ms": 2**31}, "at_ms"),
    ],
)
def test_an_event_that_is_none_names_its_field(event: dict[str, Any], field: str) -> None:
    body = EventsSerializer(data={"events": [event]})
    assert not body.is_valid()
    assert set(body.errors["events"][0]) == {field}  # type: ignore[index]
