"""The factories build what they say: a study whose boards can be filled."""

import pytest

from generation.models import Stimulus
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_study_has_images_for_every_category_and_stored_files() -> None:
    study = factories.make_study()
    (arm,) = study.arms.all()
    shown = Stimulus.objects.filter(set=arm.stimulus_set, category__in=study.categories.all())
    assert shown.count() == 4 * 3
    assert all(stimulus.file.storage.exists(stimulus.file.name) for stimulus in shown)


def test_shuffled_set_has_whole_boards_over_the_same_clips() -> None:
    parent = factories.make_set(factories.make_dataset())
    control = factories.make_shuffled_set(parent)
    for board in range(3):
        images = control.stimuli.filter(board=board)
        assert {s.provenance["source_clip"] for s in images} == {s.clip.sha256 for s in images}
        assert len({s.category_id for s in images}) == 4
