"""Launch checks of boards."""

from collections.abc import Callable

import pytest

from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.design.launch.spoiling import errors_after


def all_images_flagged(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").update(flagged=True)


def category_without_images(study: Study) -> None:
    study.arms.get().stimulus_set.stimuli.filter(category__name="Heavy metal").delete()


def too_many_trials(study: Study) -> None:
    Study.objects.update(trials_per_session=4)


def test_control_set_needs_a_whole_board_for_each_trial(db: None) -> None:
    images = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control], status=Study.Status.DRAFT, trials_per_session=3)
    assert errors_of(check_launch(study)) == []
    broken = control.stimuli.filter(board=0).first()
    assert broken is not None
    broken.delete()
    [problem] = errors_of(check_launch(study))
    assert "has 2 whole boards with one image of each category, 3 trials need 3" in problem


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (all_images_flagged, "category “Heavy metal”: all 3 images are flagged in the set “set-a”"),
        (category_without_images, "category “Heavy metal”: no image in the set “set-a”"),
        (too_many_trials, "3 images of 3 clips are too few for 4 trials"),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))
