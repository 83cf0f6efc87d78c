"""Where a session stands, from consent to debrief."""

from typing import Any

import pytest

from studyserver.studies.models import PracticeAnswer, Response, Session, Study
from studyserver.studies.places import Place
from studyserver.studies.rules import ServiceLink
from studyserver.studies.sitting.start import start_session
from studyserver.studies.sitting.where import find_counted, find_place
from tests.studies.participants import complete, send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, to_trials

pytestmark = pytest.mark.django_db


def test_session_walks_through_all_its_places(study: Study) -> None:
    session = start_session(study=study)
    assert find_place(session) == Place("sound")
    session = to_trials(session)
    assert find_place(session) == Place("trial", 1)
    assert answer(session) == Place("trial", 2)
    assert answer(session) == Place("debrief")
    session.refresh_from_db()
    assert session.state == Session.State.COMPLETED
    assert session.completed_at is not None
    assert Response.objects.filter(trial__session=session).count() == 8
    assert PracticeAnswer.objects.filter(trial__session=session).count() == 2


def test_running_session_is_resumed_after_closing_but_goes_no_further(study: Study) -> None:
    ids: dict[str, Any] = {"external_id": "5f3c1a2b9d8e7f6a5b4c3d2e", "link": ServiceLink(session="sub-1")}
    session = to_trials(start_session(study=study, **ids))
    trial = current_trial(session)
    Study.objects.update(status=Study.Status.CLOSED)
    again = start_session(study=study, **ids)
    assert again == session
    assert find_place(Session.objects.get()) == Place("closed")
    assert send(trial, STRAIGHT, listening_declared=True) == Place("closed")
    assert not Response.objects.exists()


def test_a_study_without_checks_is_what_it_was(study: Study) -> None:
    session = complete(study)
    assert session.trials.filter(kind="attention").count() == 0
    assert [trial.index for trial in find_counted(session)] == [1, 2]
    show_again = find_place(session)
    assert show_again == Place("debrief")
