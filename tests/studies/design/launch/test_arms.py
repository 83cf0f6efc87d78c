"""Launch checks of categories and arms."""

from collections.abc import Callable

import pytest

from generation.models import Category, StimulusSet
from studyserver.studies.models import Arm, Study
from tests.studies import factories
from tests.studies.design.launch.spoiling import errors_after, warnings_of


def one_category(study: Study) -> None:
    study.categories.set(study.categories.all()[:1])


def foreign_category(study: Study) -> None:
    study.categories.add(factories.make_dataset("other", clips=1).categories.get(order=0))


def unfinished_set(study: Study) -> None:
    StimulusSet.objects.update(status=StimulusSet.Status.BUILDING)


def no_arm(study: Study) -> None:
    Arm.objects.all().delete()


def quota_of_nobody(study: Study) -> None:
    Arm.objects.update(quota=0)


def same_picture_twice(study: Study) -> None:
    first = study.arms.get().stimulus_set.stimuli.get(category__name="Heavy metal", clip__title__endswith="clip 0")
    other = study.arms.get().stimulus_set.stimuli.get(category__name="Electronic music", clip__title__endswith="clip 1")
    other.sha256, other.file = first.sha256, first.file
    other.save()


def same_sound_twice(study: Study) -> None:
    first = Category.objects.get(name="Heavy metal").clips.first()
    other = Category.objects.get(name="Electronic music").clips.first()
    assert first is not None
    assert other is not None
    other.sha256, other.file = first.sha256, first.file
    other.save()


def test_images_that_no_model_made_are_pointed_out(draft: Study) -> None:
    StimulusSet.objects.update(source=StimulusSet.Source.RETRIEVAL)
    assert any("that no model made, or may not have made" in sentence for sentence in warnings_of(draft))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (one_category, "1 categories are chosen. Choose at least two"),
        (foreign_category, "come from several datasets (museum, other)"),
        (unfinished_set, "“set-a” is not finished (being made). Finish generating it."),
        (no_arm, "The study has no arm."),
        (quota_of_nobody, "Arm “arm-1” has the quota 0"),
        (same_picture_twice, "stands for “Electronic music”, “Heavy metal”"),
        (same_sound_twice, "stands for “Electronic music”, “Heavy metal”"),
    ],
)
def test_each_missing_thing_is_named(draft: Study, spoil: Callable[[Study], None], sentence: str) -> None:
    assert any(sentence in error for error in errors_after(spoil, draft))


def test_names_that_people_or_spreadsheets_mix_up_are_pointed_out(draft: Study) -> None:
    Category.objects.filter(name="Heavy metal").update(name="ELECTRONIC MUSIC")
    draft.arms.update(name="2024-01")
    found = warnings_of(draft)
    assert any("read alike. Make sure that they are meant to be different." in sentence for sentence in found)
    assert any("Among the arms is “2024-01”, of which spreadsheets make a date or time." in each for each in found)
