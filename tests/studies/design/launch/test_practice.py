"""Launch checks of practice."""

from collections.abc import Callable

import pytest

from generation.models import Category, Content
from studyserver.studies.models import Study
from tests.studies.design.launch.spoiling import errors_after, warnings_of


def no_practice(study: Study) -> None:
    study.practice_categories.clear()


def practice_inside(study: Study) -> None:
    study.practice_categories.add(Category.objects.get(name="Heavy metal"))


def practice_without_images(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Romanticism open view").delete()


def practice_of_one_clip_without_photograph(study: Study) -> None:
    Content.objects.all().delete()
    leave_one_clip(study)


def leave_one_clip(study: Study) -> None:
    category = study.practice_categories.get()
    study.arms.get().stimulus_set.stimuli.filter(clip__in=category.clips.all()[1:]).delete()


def test_practice_that_gives_no_choice_among_clips_is_said(draft: Study) -> None:
    Content.objects.filter(pk=Content.objects.earliest("pk").pk).delete()
    assert not any("one clip only" in sentence for sentence in warnings_of(draft))
    leave_one_clip(draft)
    assert any("shown beside a neutral photograph and gives no choice" in sentence for sentence in warnings_of(draft))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (no_practice, "No practice category is chosen."),
        (practice_inside, "Practice uses the study's own material (Heavy metal)"),
        (practice_without_images, "Practice category “Romanticism open view”: no image in “set-a”"),
        (practice_of_one_clip_without_photograph, "needs a neutral photograph beside it"),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))
