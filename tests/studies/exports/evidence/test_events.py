"""events.csv: what pages reported, with what was offered and agreed to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.design import lifecycle
from studyserver.studies.exports.evidence import EVENT_COLUMNS, events, read_event_rows
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.writing import cell
from studyserver.studies.models import ClientEvent, ListenEvent, Session, Study
from studyserver.studies.sitting import hash_consent
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies.exports.test_export import read_csv
from tests.studies.participants import begin, complete, show

pytestmark = pytest.mark.django_db

EVENTS = [
    Event("e1", "media_ready", 0, data={"watches": True}),
    Event("e2", "play", 900, clip=1),
    Event("e3", "heard", 4900, clip=1, to_ms=4000),
    Event("e4", "assign", 3000, data={"clip": 1, "image": 2}),
    Event("e5", "hidden", 5000),
    Event("e6", "media_error", 6000, data={"image": 3, "what": "load", "state": "stalled", "private": "x"}),
    Event("e7", "client_error", 7000, data={"message": "TypeError: no\x07 sound", "source": "board.js", "line": 3}),
    Event("e8", "clear", 8000, data={"clip": True, "image": "2"}),
]
SECRET = "Zm9vYmFyYmF6cXV4Zm9v"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(f"/p/{SECRET}/"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*events.TOLD, "clip", "image", "other"]), JSON, max_size=5))
def test_whatever_a_page_sends_makes_one_row_of_cells(data: dict[str, object]) -> None:
    named = dict.fromkeys(("study", "arm", "participant", "session"), "x")
    shared = named | {"simulated": False, "block": None, "trial_index": None}
    event = ClientEvent(kind="noise", data=data, at_ms=3)
    row = events._of_page(shared, event, Session(code=SECRET))
    cells = [cell(getattr(row, column.name)) for column in EVENT_COLUMNS]
    assert all(isinstance(value, int | str) for value in cells)
    assert SECRET not in "".join(map(str, cells))
    assert len(row.detail or "") <= events.LONGEST_DETAIL
    assert (row.detail or "").isprintable()


def test_events_stand_in_order_with_what_was_offered(study: Study, tmp_path: Path) -> None:
    session = begin(study)
    trial = show(session)
    record_events(session=session, events=[Event("e0", "sample_played", 40, data={"plays": 2})])
    record_events(session=session, trial=trial, events=EVENTS)
    lifecycle.close_study(study=study)
    export_study(study, tmp_path)
    rows = read_csv(tmp_path / "events.csv")
    assert list(rows[0]) == [column.name for column in EVENT_COLUMNS]
    assert {row["session"] for row in rows} == {rows[0]["session"]}
    told = [tuple(row[name] for name in ("event", "at_ms", "clip", "image", "from_ms", "to_ms")) for row in rows]
    offered = [("offered", "", str(i), "", "", "") for i in (1, 2, 3, 4)]
    offered += [("offered", "", "", str(i), "", "") for i in (1, 2, 3, 4)]
    assert told == [
        ("consent", "", "", "", "", ""),
        ("sample_played", "40", "", "", "", ""),
        *offered,
        ("media_ready", "0", "", "", "", ""),
        ("play", "900", "1", "", "0", "0"),
        ("assign", "3000", "1", "2", "", ""),
        ("heard", "4900", "1", "", "0", "4000"),
        ("hidden", "5000", "", "", "", ""),
        ("media_error", "6000", "", "3", "", ""),
        ("client_error", "7000", "", "", "", ""),
        ("clear", "8000", "", "", "", ""),
    ]
    by_event = {row["event"]: row for row in rows}
    assert by_event["consent"]["detail"] == f"sha256={hash_consent(study)}"
    assert by_event["consent"]["block"] == by_event["consent"]["trial_index"] == ""
    assert by_event["media_error"]["detail"] == "what=load; state=stalled"
    assert by_event["client_error"]["detail"] == "message=TypeError: no  sound; source=board.js; line=3"
    assert by_event["sample_played"]["detail"] == "plays=2"
    shown = [row["file"] for row in rows if row["event"] == "offered" and row["image"]]
    images = trial.session.arm.stimulus_set.stimuli.in_bulk(trial.image_order)
    assert shown == [images[pk].sha256 for pk in trial.image_order]


def test_a_session_of_an_earlier_version_and_an_erased_one(study: Study) -> None:
    complete(study)
    ClientEvent.objects.all().delete()
    ListenEvent.objects.all().delete()
    gone = begin(study)
    withdraw_session(session=gone, erase=True)
    assert {row.event for row in read_event_rows(study)} == {"consent", "offered"}
    assert len({row.session for row in read_event_rows(study)}) == 1


def test_no_secret_address_leaves_with_a_message(study: Study) -> None:
    session = begin(study)
    row = ClientEvent(session=session, key="k", kind="media_error", data={"reason": f"at /p/{session.code}/"})
    row.save()
    assert session.code not in "".join(str(row) for row in read_event_rows(study))
