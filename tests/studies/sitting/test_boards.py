"""Boards as participants see them, and what counts as heard."""

import pytest

from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import ClientEvent, Session, Study
from studyserver.studies.places import Place
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.start import start_session
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, hear, shown_earlier, to_trials

pytestmark = pytest.mark.django_db


def test_listening_rule_is_judged_by_the_servers_log(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    for position in (1, 2, 3):
        hear(trial, position, 600)
    hear(trial, 4, 100)
    # The page had a script: a declaration is not taken in place of its log.
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session)
    assert refusal.value.problems == ["Clip 4 has not been heard for long enough yet."]
    hear(trial, 4, 300)  # of 500; the tolerance is 250
    assert answer(session, listening_declared=False) == Place("trial", 2)
    trial.refresh_from_db()
    assert not trial.listening_declared


def test_without_script_the_declaration_is_stored(study: Study) -> None:
    session = to_trials(start_session(study=study))
    with pytest.raises(AnswersInvalid, match="Clip 1 has not been heard"):
        answer(session, listening_declared=False)
    answer(session)
    assert session.trials.get(index=1).listening_declared


def test_reported_listening_longer_than_the_trial_was_shown_does_not_count(study: Study) -> None:
    with lifted():
        Study.objects.update(min_listen_s=1)
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    for position in STRAIGHT:
        hear(trial, position, 1000)
    with pytest.raises(AnswersInvalid, match="Clip 4 has not been heard for long enough"):
        answer(session)
    Session.objects.update(simulated=True)
    assert answer(session) == Place("trial", 2)


def test_clip_that_cannot_be_played_traps_nobody(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    for position in (1, 2, 3):
        hear(trial, position, 900)
    error = Event("e1", "media_error", data={"clip": 4, "what": "decode"})
    record_events(session=session, trial=trial, events=[error])
    assert answer(session, listening_declared=False) == Place("trial", 2)
    assert ClientEvent.objects.get().data == {"clip": 4, "what": "decode"}
