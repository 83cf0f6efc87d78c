"""Attention checks: drawn once, answered once, kept apart from the data."""

from typing import Any

import pytest

from generation.models import Stimulus
from studyserver.studies.errors import AnswersInvalid, MaterialMissing
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.models import PracticeAnswer, Response, Session
from studyserver.studies.places import Place
from studyserver.studies.rules import Item, PlannedTrial
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.kinds.attention import draw_checks
from studyserver.studies.sitting.start import start_session
from tests.studies.participants import match, send
from tests.studies.screened import asked, at_trials, go_through, make_study

pytestmark = pytest.mark.django_db


def test_a_check_comes_after_the_trial_that_it_names_and_never_last(db: None) -> None:
    study = make_study(attention_boards=2)
    for _ in range(6):
        session = at_trials(study)
        places = list(session.trials.filter(kind="attention").values_list("index", "after"))
        assert places == [(4, 1), (5, 2)]
        assert go_through(session) == ["main", "attention", "main", "attention", "main"]
        assert session.state == Session.State.COMPLETED
    images = [study.arms.get().stimulus_set]
    others = [make_study(slug=f"s{seed}", seed=seed, sets=images) for seed in range(12)]
    assert {at_trials(other).trials.get(index=4).after for other in others} == {1, 2}


def test_a_check_shows_no_picture_or_sound_of_the_study(db: None) -> None:
    study = make_study(attention_boards=3)
    inside = set(study.categories.values_list("pk", flat=True))
    for _ in range(4):
        for trial in start_session(study=study).trials.filter(kind="attention"):
            images = boards.load_images(trial)
            assert len(images) == 4
            assert len({image.sha256 for image in images}) == 4
            assert not inside & {image.category_id for image in images if isinstance(image, Stimulus)}
            assert not inside & {clip.category_id for clip in boards.load_clips(trial)}
            assert 1 <= asked(trial) <= 4


def test_an_attention_answer_is_kept_apart_from_the_data(db: None) -> None:
    study = make_study()
    go_through(session := at_trials(study), attentive=True)
    go_through(other := at_trials(study), attentive=False)
    assert [s.trials.get(kind="attention").passed for s in (session, other)] == [True, False]
    assert Response.objects.filter(trial__kind="attention").count() == 0
    assert PracticeAnswer.objects.filter(trial__kind="attention").count() == 2
    rows = list(read_tidy_rows(study))
    assert len(rows) == 2 * 3 * 4
    assert {row.trial_index for row in rows} == {1, 2, 3}


def test_a_check_needs_no_listening_and_takes_an_answer_once(db: None) -> None:
    session = at_trials(make_study(listening_rule="end", trials_per_session=1, ask_confidence=True))
    trial = session.trials.get(kind="main")
    show_trial(trial=trial)
    send(trial, match(trial), listening_declared=True, confidence=dict.fromkeys(range(1, 5), 4))
    check = session.trials.get(kind="attention")
    show_trial(trial=check)
    with pytest.raises(AnswersInvalid, match="Clip 1 has no image yet"):
        send(check, {})
    assert send(check, {1: asked(check)}) == Place("debrief")
    assert send(check, {1: asked(check) % 4 + 1}) == Place("debrief")
    check.refresh_from_db()
    assert (check.passed, check.practice_answers.count(), check.listening_declared) == (True, 1, False)


def test_the_same_seed_draws_the_same_checks() -> None:
    items = [Item(stimulus=i, clip=100 + i, category=9) for i in range(1, 4)]

    def plan(number: int, **more: Any) -> list[PlannedTrial]:
        options: dict[str, Any] = {"contents": [1, 2], "images": 4, "boards": 2, "trials": 5, "seed": 3}
        return draw_checks(items=items, number=number, **(options | more))

    assert plan(1) == plan(1) != plan(2)
    assert len(plan(1, contents=[])[0].image_order) == 3
    assert [check.after for check in plan(1, boards=5)] == [1, 2, 3, 4, 5]
    with pytest.raises(MaterialMissing, match="two pictures or more"):
        draw_checks(items=items[:1], contents=[], images=4, boards=1, trials=3, seed=1, number=1)
