"""The API that a trial's page calls: shapes, idempotence, errors."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studyserver.studies.models import ClientEvent, ListenEvent, PracticeAnswer, Response, Session, Study, Trial
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.leaving import withdraw_session
from studyserver.studies.sitting.practising import finish_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.start import start_session
from tests.studies import factories
from tests.studies.participants import send

pytestmark = pytest.mark.django_db

MATCHES = {"1": 2, "2": 1, "3": 4, "4": 3}


def at_trial(study: Study, index: int = 1, *, shown_s: float = 60) -> Trial:
    """A fresh session whose first board has been on the screen for a while."""
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    practice = session.trials.filter(index=0).first()
    if practice:
        show_trial(trial=practice)
        send(practice, {i: i for i, _ in enumerate(practice.clip_order, start=1)}, listening_declared=True)
    finish_practice(session=session)
    trial = session.trials.get(index=index)
    trial.shown_at = timezone.now() - timedelta(seconds=shown_s)
    trial.state = Trial.State.SHOWN
    trial.save()
    return trial


def call(client: Client, trial: Trial, what: str, body: Any) -> Any:
    address = f"/api/p/{trial.session.code}/trial/{trial.index}/{what}/"
    return client.post(address, body, content_type="application/json")


def heard(clip: int, to_ms: int = 900, key: str | None = None) -> dict[str, Any]:
    return {"key": key or f"key-{clip}-{to_ms:05d}", "kind": "heard", "clip": clip, "from_ms": 0, "to_ms": to_ms}


def hear_all(client: Client, trial: Trial) -> Any:
    return call(client, trial, "events", {"events": [heard(clip) for clip in (1, 2, 3, 4)]})


def test_events_are_stored_once_and_answered_with_what_counts_as_heard(client: Client, study: Study) -> None:
    trial = at_trial(study)
    play = {"key": "play-0001", "kind": "play", "clip": 1, "at_ms": 10}
    body = {"events": [play, heard(1), heard(2, 100), {"key": "other-001", "kind": "hidden", "data": {"ms": 5}}]}
    for _ in range(2):
        state = call(client, trial, "events", body).json()
    assert state["all_heard"] is False
    assert [clip["heard"] for clip in state["clips"]] == [True, False, False, False]
    assert state["clips"][0] == {
        "clip": 1,
        "duration_ms": 1000,
        "needed_ms": 500,
        "listened_ms": 900,
        "play_count": 1,
        "heard": True,
    }
    assert (ListenEvent.objects.count(), ClientEvent.objects.count()) == (3, 1)
    assert ClientEvent.objects.get().data == {"ms": 5}


def test_answers_need_no_cookie_and_are_stored_once(study: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    trial = at_trial(study)
    hear_all(client, trial)
    choices = {str(i): {"ms": 1000 * i, "changes": 0} for i in (1, 2, 3, 4)}
    body = {"matches": MATCHES, "choices": choices, "rt_ms": 5000}
    for answers in (body, {**body, "matches": {"1": 1, "2": 2, "3": 3, "4": 4}}):
        response = call(client, trial, "answers", answers)
        assert response.json() == {"location": f"/p/{trial.session.code}/trial/2/"}
    stored = trial.responses.values_list("clip_position", "image_position", "choice_ms", "choice_order")
    assert list(stored) == [(i, MATCHES[str(i)], 1000 * i, i) for i in (1, 2, 3, 4)]


def test_page_that_changed_its_matches_sends_them_with_the_next_number(client: Client, study: Study) -> None:
    trial = at_trial(study)
    hear_all(client, trial)
    turned = {"1": 4, "2": 3, "3": 2, "4": 1}
    there = {"location": f"/p/{trial.session.code}/trial/2/"}
    for number, matches in ((1, MATCHES), (2, turned)):
        body = {"matches": matches, "key": "page-0001", "number": number}
        assert call(client, trial, "answers", body).json() == there
    # Now the next board is shown, and what comes late is told so.
    client.get(there["location"])
    body = {"matches": MATCHES, "key": "page-0001", "number": 3}
    assert call(client, trial, "answers", body).json() == {**there, "kept": True}
    assert dict(trial.responses.values_list("clip_position", "image_position")) == {1: 4, 2: 3, 3: 2, 4: 1}
    assert call(client, trial, "answers", {"matches": MATCHES, "key": "?"}).status_code == 400


def test_incomplete_board_is_refused_whole(client: Client, study: Study) -> None:
    trial = at_trial(study)
    response = call(client, trial, "answers", {"matches": {"1": 1, "2": 1}})
    assert response.status_code == 422
    assert response.json()["code"] == "incomplete"
    assert "Clip 3 has no image yet." in response.json()["problems"]
    assert not Response.objects.exists()


def test_practice_answers_go_apart(client: Client, study: Study) -> None:
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    trial = session.trials.get(index=0)
    show_trial(trial=trial)
    response = call(client, trial, "answers", {"matches": {"1": 2, "2": 1}, "listening_declared": True})
    assert response.json() == {"location": f"/p/{session.code}/practice/"}
    assert (PracticeAnswer.objects.count(), Response.objects.count()) == (2, 0)


def test_draft_survives_and_a_stale_window_is_told(client: Client, study: Study) -> None:
    trial = at_trial(study)
    draft = {"version": 0, "matches": {"1": 2}, "choices": {"1": {"ms": 700, "changes": 1}}, "clock_ms": 800}
    assert call(client, trial, "draft", draft).json() == {"version": 1}
    stored = client.get(f"/api/p/{trial.session.code}/trial/1/").json()
    assert stored["version"] == 1
    assert stored["draft"] == {
        "matches": {"1": 2},
        "confidence": {},
        "choices": {"1": {"ms": 700, "changes": 1}},
        "clock_ms": 800,
    }
    response = call(client, trial, "draft", {"version": 0, "matches": {"1": 3}})
    assert response.status_code == 409
    assert response.json() == {"code": "newer_draft", "version": 1, "draft": stored["draft"]}


@pytest.mark.parametrize("what", ["events", "draft", "answers"])
def test_board_that_is_not_due_answers_with_the_place(client: Client, study: Study, what: str) -> None:
    first = at_trial(study)
    second = first.session.trials.get(index=2)
    body = {"events": [heard(1)], "version": 0, "matches": MATCHES}
    response = call(client, second, what, body)
    here = f"/p/{first.session.code}/trial/1/"
    if what == "answers":
        assert response.json() == {"location": here}
    else:
        assert response.status_code == 409
        assert response.json() == {"code": "elsewhere", "location": here}
    withdraw_session(session=first.session, erase=True)
    response = call(client, first, what, body)
    assert (response.status_code, response.json()["location"]) == (409, f"/p/{first.session.code}/left/")
    assert not ListenEvent.objects.exists()


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("events", {"events": [{"key": "short", "kind": "play", "clip": 1}]}, "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "play"}]}, "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "Play!"}]}, "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "x", "data": {"t": "x" * 3000}}]}, "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "x", "data": {"t": ["a\0b"]}}]}, "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "x", "data": {"half": "\ud83d"}}]}, "events"),
        ("events", '{"events": [{"key": "long-enough", "kind": "x", "data": {"endless": 1e999}}]}', "events"),
        ("events", {"events": [{"key": "long-enough", "kind": "heard", "clip": 1, "to_ms": -1}]}, "events"),
        ("events", {"events": [{"key": f"many-{i:05d}", "kind": "x"} for i in range(201)]}, "events"),
        ("draft", {"matches": {}}, "version"),
        ("draft", {"version": 0, "matches": {"one": 1}}, "matches"),
        ("answers", {"matches": [1, 2]}, "matches"),
        ("answers", {"matches": {"1": "x"}}, "matches"),
        ("answers", {}, "matches"),
    ],
)
def test_malformed_bodies_name_the_field(client: Client, study: Study, what: str, body: Any, field: str) -> None:
    response = call(client, at_trial(study), what, body)
    assert response.status_code == 400
    assert response.json()["code"] == "malformed"
    assert set(response.json()["fields"]) == {field}


def test_body_that_is_no_json_and_unknown_codes(client: Client, study: Study) -> None:
    trial = at_trial(study)
    address = f"/api/p/{trial.session.code}/trial/1/draft/"
    assert client.post(address, "{", content_type="application/json").status_code == 400
    assert client.post(address, "a=1", content_type="application/x-www-form-urlencoded").status_code == 415
    assert client.get("/api/p/nothing/trial/1/").status_code == 404
    assert client.post("/api/p/nothing/events/", {"events": []}, content_type="application/json").status_code == 404


def test_events_outside_a_trial(client: Client, study: Study) -> None:
    session = start_session(study=study)
    body = {"events": [{"key": "sample-001", "kind": "sample_played", "data": {"plays": 1}, "at_ms": 5}]}
    for _ in range(2):
        assert client.post(f"/api/p/{session.code}/events/", body, content_type="application/json").json() == {}
    event = ClientEvent.objects.get()
    assert (event.kind, event.trial, event.data) == ("sample_played", None, {"plays": 1})


@pytest.mark.parametrize("events", [1, 60])
def test_reports_cost_the_same_queries_however_many_there_are(
    client: Client, study: Study, django_assert_max_num_queries: Any, events: int
) -> None:
    trial = at_trial(study)
    call(client, trial, "events", {"events": []})  # the first of a minute also begins to count them
    body = {"events": [heard(1, 10 + i) for i in range(events)]}
    with django_assert_max_num_queries(15):
        assert call(client, trial, "events", body).status_code == 200


def test_simulated_sessions_need_not_wait(client: Client) -> None:
    study = factories.make_study(simulated_only=True, min_listen_s=1)
    session = start_session(study=study, simulated=True)
    Session.objects.filter(pk=session.pk).update(step=Session.Step.TRIALS)
    trial = session.trials.get(index=1)
    client.get(f"/p/{session.code}/trial/1/")
    state = call(client, trial, "events", {"events": [heard(clip, 1000) for clip in (1, 2, 3, 4)]}).json()
    assert state["all_heard"] is True
