"""The one write path: stored once, whole, when due."""

import pytest

from studyserver.studies.models import Response, Session, Study
from studyserver.studies.places import Place
from studyserver.studies.sitting.start import start_session
from tests.studies.participants import send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, to_trials

pytestmark = pytest.mark.django_db


def test_repeated_answers_store_nothing_twice_and_lead_on(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    assert answer(session) == Place("trial", 2)
    again = {1: 4, 2: 3, 3: 2, 4: 1}
    assert send(trial, again, listening_declared=True) == Place("trial", 2)
    assert dict(trial.responses.values_list("clip_position", "image_position")) == STRAIGHT


def test_trial_that_is_not_due_stores_nothing(study: Study) -> None:
    session = to_trials(start_session(study=study))
    ahead = session.trials.get(index=2)
    assert send(ahead, STRAIGHT, listening_declared=True) == Place("trial", 1)
    assert not Response.objects.exists()


def test_excluded_session_may_finish_and_stays_excluded(study: Study) -> None:
    session = to_trials(start_session(study=study))
    Session.objects.update(state=Session.State.EXCLUDED, exclusion_reason="technical")
    session.refresh_from_db()
    answer(session)
    answer(session)
    session.refresh_from_db()
    assert (session.state, session.step) == (Session.State.EXCLUDED, Session.Step.DEBRIEF)
