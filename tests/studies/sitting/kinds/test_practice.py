"""The practice board: answered, repeated, left behind."""

import pytest

from generation.models import Category
from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import AnswersInvalid, MaterialMissing
from studyserver.studies.models import Study
from studyserver.studies.places import Place
from studyserver.studies.rules import Item
from studyserver.studies.sitting.answering import show_trial
from studyserver.studies.sitting.kinds.practice import draw_practice
from studyserver.studies.sitting.practising import finish_practice, repeat_practice
from studyserver.studies.sitting.screening import record_sound_check
from studyserver.studies.sitting.start import start_session
from tests.studies import factories
from tests.studies.participants import send
from tests.studies.rules.test_assignment import make_items

pytestmark = pytest.mark.django_db


def test_practice_can_be_repeated_and_keeps_the_last_answer() -> None:
    study = factories.make_study(practice=(), categories=factories.CATEGORIES[:2])
    with lifted():
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


def test_practice_with_two_categories_is_a_board_of_two_pairs() -> None:
    items = {c: [i for i in make_items(3, 2) if i.category == c] for c in (1, 2, 3)}
    clip_of = {i.stimulus: i.clip for group in items.values() for i in group}
    practice = draw_practice(items=items, contents=[], seed=3, number=1)
    assert len(practice.clip_order) == 2
    assert sorted(clip_of[image["stimulus"]] for image in practice.image_order) == sorted(practice.clip_order)


def test_practice_with_one_category_is_a_board_of_two_of_its_clips_train_clips_first() -> None:
    images = [Item(stimulus=10 * clip + copy, clip=clip, category=9) for clip in (1, 2, 3, 4) for copy in (0, 1)]
    seen = set()
    for number in range(30):
        practice = draw_practice(items={9: images}, contents=[], seed=3, number=number, first={2, 4})
        assert sorted(practice.clip_order) == [2, 4]
        assert sorted(image["stimulus"] // 10 for image in practice.image_order) == [2, 4]
        one = draw_practice(items={9: images}, contents=[5], seed=3, number=number, first={3})
        assert 3 in one.clip_order
        seen |= set(one.clip_order)
    assert seen == {1, 2, 3, 4}


def test_practice_with_images_of_one_clip_shows_its_own_beside_a_photograph() -> None:
    practice = draw_practice(items={9: [Item(stimulus=1, clip=2, category=9)]}, contents=[5, 6], seed=3, number=1)
    assert practice.clip_order == [2]
    assert {"stimulus": 1} in practice.image_order
    (photograph,) = (image for image in practice.image_order if "content" in image)
    assert photograph["content"] in (5, 6)


def test_practice_avoids_the_photograph_its_own_image_was_made_from() -> None:
    items = {9: [Item(stimulus=1, clip=2, category=9)]}
    for number in range(20):
        practice = draw_practice(items=items, contents=[5, 6], seed=3, number=number, avoid={1: {5}})
        assert {"content": 6} in practice.image_order
    assert {"content": 5} in draw_practice(items=items, contents=[5], seed=3, number=1, avoid={1: {5}}).image_order


def test_practice_names_what_is_missing() -> None:
    item = Item(stimulus=1, clip=2, category=9)
    with pytest.raises(MaterialMissing, match="neutral photograph"):
        draw_practice(items={9: [item]}, contents=[], seed=3, number=1)
    with pytest.raises(MaterialMissing, match="no image"):
        draw_practice(items={8: [], 9: [item]}, contents=[5], seed=3, number=1)
