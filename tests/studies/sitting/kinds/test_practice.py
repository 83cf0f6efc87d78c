"""The practice board: answered, repeated, left behind."""

import pytest

from generation.models import Category
from studyserver.studies.errors import (
    AnswersInvalid,
)
from studyserver.studies.models import (
    Study,
)
from studyserver.studies.places import Place
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.practising import finish_practice, repeat_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.start import start_session
from tests.studies import factories
from tests.studies.participants import send

pytestmark = pytest.mark.django_db


def test_practice_can_be_repeated_and_keeps_the_last_answer() -> None:
    study = factories.make_study(practice=(), categories=factories.CATEGORIES[:2])
    study.practice_categories.set(Category.objects.filter(name__in=factories.CATEGORIES[2:]))
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    trial = session.trials.get(index=0)
    show_trial(trial=trial)
    with pytest.raises(AnswersInvalid, match="Image A is matched with clips 1 and 2"):
        send(trial, {1: 1, 2: 1}, listening_declared=True)
    for matches in ({1: 1, 2: 2}, {1: 2, 2: 1}):
        send(trial, matches, listening_declared=True)
        chosen = list(trial.practice_answers.order_by("pk").values_list("stimulus_id", flat=True))
        assert chosen == [trial.image_order[matches[i] - 1]["stimulus"] for i in (1, 2)]
        # A second sending changes nothing.
        send(trial, {1: 2, 2: 1}, listening_declared=True)
        assert list(trial.practice_answers.order_by("pk").values_list("stimulus_id", flat=True)) == chosen
        if matches[1] == 1:
            repeat_practice(session=session)
    assert finish_practice(session=session) == Place("trial", 1)
    assert repeat_practice(session=session) == Place("trial", 1)
    assert trial.practice_answers.count() == 2


def test_practice_must_be_answered_before_the_trials(study: Study) -> None:
    session = start_session(study=study)
    record_sound_check(session=session, found={"heard": "clearly"})
    assert finish_practice(session=session) == Place("practice")


def test_study_without_practice_goes_from_the_instruction_to_the_trials() -> None:
    session = start_session(study=factories.make_study(practice=()))
    assert not session.trials.filter(kind="practice").exists()
    record_sound_check(session=session, found={"heard": "clearly"})
    assert finish_practice(session=session) == Place("trial", 1)
