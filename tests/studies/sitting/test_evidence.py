"""What became of clips and images is kept with a board's answers; the time of day decides nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Clip
from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import ClientEvent, ListenEvent, Session, Study, Trial
from studyserver.studies.sitting import events
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.start import start_session
from tests.studies import factories
from tests.studies.sitting.steps import answer, current_trial, hear, shown_earlier, to_trials

pytestmark = pytest.mark.django_db

READY = Event("ready", "media_ready", data={"watches": True})


def seen(image: int) -> Event:
    return Event(f"seen-{image}", "image_shown", data={"image": image})


def test_pictures_that_were_blocked_stay_with_the_answers(study: Study) -> None:
    """Case: every picture fails, "Go on without", clips heard, matched: no answers like any others."""
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    blocked = [Event(f"broken-{i}", "media_error", data={"image": i, "what": "load"}) for i in (1, 2)]
    blocked.append(Event("broken-3", "media_error", data={"image": 3, "what": "load", "state": "stalled"}))
    record_events(session=session, trial=trial, events=[READY, *blocked, seen(4)])
    for position in (1, 2, 3, 4):
        hear(trial, position, 900)
    answer(session, listening_declared=False)
    trial.refresh_from_db()
    assert trial.evidence == {
        "clips": ["heard"] * 4,
        "images": ["unplayable", "unplayable", "stalled", "shown"],
        "impossible": False,
    }
    assert trial.took_ms is not None
    assert trial.took_ms >= 60_000


def test_a_study_in_a_few_seconds_without_script_says_so(study: Study) -> None:
    """Case: nothing but declarations, sooner than the clips can be heard."""
    factories.change(study, min_listen_s=5, listening_rule="seconds")
    with lifted():
        Clip.objects.update(duration=30)
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session), 3)
    answer(session)
    trial.refresh_from_db()
    assert trial.evidence == {"clips": ["declared"] * 4, "images": ["declared"] * 4, "impossible": True}
    trial = shown_earlier(current_trial(session), 30)
    answer(session)
    trial.refresh_from_db()
    assert trial.evidence["impossible"] is False


def test_where_script_is_required_a_declaration_stands_for_nothing(study: Study) -> None:
    factories.change(study, script_required=True, min_listen_s=0.5)
    session = start_session(study=study)
    Session.objects.update(step="trials")
    session.refresh_from_db()
    shown_earlier(current_trial(session))
    with pytest.raises(AnswersInvalid, match="Clip 1 has not been heard"):
        answer(session)


def hear_through(study: Study, monkeypatch: pytest.MonkeyPatch, *, jump: timedelta) -> Trial:
    """Four clips heard in a minute; the server's time of day jumps as soon as the board is on the screen."""
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + jump)
    for position in (1, 2, 3, 4):
        hear(trial, position, 900)
    answer(session, listening_declared=False, rt_ms=30_000)
    trial.refresh_from_db()
    return trial


@pytest.mark.parametrize("hours", [-30, -1, 0, 1, 30])
def test_listening_survives_a_clock_that_jumps(study: Study, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    trial = hear_through(study, monkeypatch, jump=timedelta(hours=hours))
    assert trial.evidence["clips"] == ["heard"] * 4
    assert trial.evidence["impossible"] is False
    assert trial.rt_ms == 30_000
    assert 60_000 <= (trial.took_ms or 0) < 120_000


def test_nobody_passes_by_a_jump(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    if not current_trial(session := to_trials(start_session(study=study))).shown_clock:
        pytest.skip("This system has no clock of its own for durations.")
    trial = current_trial(session)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=1))
    for position in (1, 2, 3, 4):
        hear(trial, position, 900)
    with pytest.raises(AnswersInvalid, match="Clip 4 has not been heard"):
        answer(session, listening_declared=False)


def test_the_browser_that_showed_the_board_last_is_kept(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = session.trials.get(index=1)
    for browser in ("Firefox", "", "Safari"):
        show_trial(trial=trial, browser=browser)
    answer(session)
    show_trial(trial=Trial.objects.get(pk=trial.pk), browser="Chrome")
    trial.refresh_from_db()
    assert trial.browser == "Safari"


def test_what_a_session_reports_is_bounded_and_the_bound_is_told(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_EVENTS", 5)
    monkeypatch.setattr(events, "MAX_BYTES", 900)
    monkeypatch.setattr(events, "MAX_LISTENING", 3)
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))

    def report(*keys: str, **fields: Any) -> None:
        record_events(session=session, trial=trial, events=[Event(key, **fields) for key in keys])

    for _ in range(3):  # what is sent again uses up nothing
        report("a", "b", kind="hidden", data={"ms": 5})
    assert not ClientEvent.objects.filter(kind="events_full").exists()
    report("long", kind="noise", data={"text": "x" * 900})
    report("c", "d", "e", "f", kind="hidden")
    report("h1", "h2", "h3", "h4", kind="heard", clip=1, to_ms=900)
    kept = ClientEvent.objects.order_by("id").values_list("key", "kind")
    assert list(kept) == [
        ("a", "hidden"), ("b", "hidden"), ("events_full", "events_full"), ("c", "hidden"), ("d", "hidden"),
        ("e", "hidden"),
    ]  # fmt: skip
    assert set(ListenEvent.objects.values_list("key", flat=True)) == {"h1", "h2", "h3"}
    session.refresh_from_db()
    assert 0 < session.event_bytes <= 900


def test_an_error_of_a_page_is_kept_in_few_words_that_name_nobody(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    message = (
        f"TypeError: https://x.example/p/{session.code}/trial/1/ of ada@example.org: /p/{session.code}/ \0\n"
        + "y " * 400
    )
    error = {"message": message, "source": "https://x.example/static/studies/board.js", "line": 7, "stack": "secret"}
    record_events(session=session, trial=trial, events=[Event("error-1", "client_error", data=error)])
    data = ClientEvent.objects.get(kind="client_error").data
    assert data["source"] == "board.js"
    assert data["line"] == 7
    assert set(data) == {"message", "source", "line"}
    assert data["message"].startswith("TypeError: … of … …")
    assert len(data["message"]) == 200
    assert session.code not in str(data)
    assert "ada" not in str(data)
