"""Events and drafts: stored once, only while the trial is due."""

import pytest

from studyserver.studies.errors import DraftConflict, WrongPlace
from studyserver.studies.models import ClientEvent, ListenEvent, Study
from studyserver.studies.places import Place
from studyserver.studies.sitting.events import Event, record_events, save_draft
from studyserver.studies.sitting.start import start_session
from tests.studies.sitting.steps import answer, current_trial, hear, shown_earlier, to_trials

pytestmark = pytest.mark.django_db


def test_events_are_stored_once_and_only_while_the_trial_is_due(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    events = [Event("k1", "heard", clip=1, to_ms=900), Event("k2", "assign", data={"clip": 1, "image": 2})]
    for _ in range(3):
        record_events(session=session, trial=trial, events=events)
    assert (ListenEvent.objects.count(), ClientEvent.objects.count()) == (1, 1)
    with pytest.raises(WrongPlace):
        record_events(session=session, trial=session.trials.get(index=2), events=events)
    for position in (2, 3, 4):
        hear(trial, position, 900)
    answer(session)
    with pytest.raises(WrongPlace) as refusal:
        record_events(session=session, trial=trial, events=[Event("k3", "heard", clip=1, to_ms=900)])
    assert refusal.value.place == Place("trial", 2)
    assert ListenEvent.objects.filter(clip_position=1).count() == 1


def test_draft_is_kept_with_a_version_and_a_stale_window_gets_the_newer_one(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    assert save_draft(trial=trial, version=0, draft={"matches": {"1": 2}}) == 1
    # The same again: its acknowledgement was lost.
    assert save_draft(trial=trial, version=0, draft={"matches": {"1": 2}}) == 1
    with pytest.raises(DraftConflict) as conflict:
        save_draft(trial=trial, version=0, draft={"matches": {"1": 4}})
    assert (conflict.value.version, conflict.value.draft) == (1, {"matches": {"1": 2}})
    assert save_draft(trial=trial, version=1, draft={"matches": {"1": 4}}) == 2
    answer(session)
    with pytest.raises(WrongPlace):
        save_draft(trial=trial, version=2, draft={})
    trial.refresh_from_db()
    assert trial.draft == {}
