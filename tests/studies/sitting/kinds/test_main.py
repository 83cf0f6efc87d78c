"""The study's own boards: how their answers are stored."""

import pytest

from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import AnswersInvalid
from studyserver.studies.models import Response, Study
from studyserver.studies.sitting.kinds import Timing
from studyserver.studies.sitting.start import start_session
from tests.studies.participants import send
from tests.studies.sitting.steps import STRAIGHT, answer, current_trial, shown_earlier, to_trials

pytestmark = pytest.mark.django_db


def test_answers_are_stored_by_position(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = current_trial(session)
    matches = {1: 3, 2: 1, 3: 4, 4: 2}
    send(trial, matches, listening_declared=True)
    stored = trial.responses.values_list("clip_position", "clip_id", "image_position", "stimulus_id")
    assert list(stored) == [
        (i, trial.clip_order[i - 1], matches[i], trial.image_order[matches[i] - 1]) for i in (1, 2, 3, 4)
    ]


def test_timings_give_the_order_of_choices(study: Study) -> None:
    session = to_trials(start_session(study=study))
    trial = shown_earlier(current_trial(session))
    timings = {1: Timing(4000), 2: Timing(2000, 1), 3: Timing(9000), 4: Timing(2500)}
    send(trial, STRAIGHT, listening_declared=True, rt_ms=9500, timings=timings)
    trial.refresh_from_db()
    assert trial.rt_ms == 9500
    stored = trial.responses.values_list("choice_ms", "choice_order", "n_changes")
    assert list(stored) == [(4000, 3, 0), (2000, 1, 1), (9000, 4, 0), (2500, 2, 0)]


def test_confidence_is_asked_for_and_stored_only_where_the_study_asks(study: Study) -> None:
    sure = {1: 7, 2: 1, 3: 4, 4: 5}
    session = to_trials(start_session(study=study))
    answer(session, confidence=sure)
    assert set(Response.objects.values_list("confidence", flat=True)) == {None}
    with lifted():
        Study.objects.update(ask_confidence=True)
    with pytest.raises(AnswersInvalid) as refusal:
        answer(session, confidence={**sure, 3: 8})
    assert refusal.value.problems == ["Say how sure you are of clip 3 (1 to 7)."]
    answer(session, confidence=sure)
    assert list(Response.objects.filter(trial__index=2).values_list("confidence", flat=True)) == [7, 1, 4, 5]
