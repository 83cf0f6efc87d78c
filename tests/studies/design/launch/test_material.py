"""What a study can show, read once: nothing that is flagged, practice from the first arm that has it."""

from typing import Any

from generation.models import Content
from studyserver.studies.design.launch.material import Material
from studyserver.studies.models import Study
from tests.studies import factories


def test_flagged_images_and_those_of_other_categories_are_not_shown(draft: Study) -> None:
    arm = draft.arms.get()
    draft.categories.remove(draft.categories.get(name="Electronic music"))
    arm.stimulus_set.stimuli.filter(category__name="Heavy metal", clip__title="Heavy metal clip 0").update(flagged=True)
    material = Material(draft)
    shown = [stimulus.category.name for stimulus in material.main(arm)]
    assert (len(shown), shown.count("Heavy metal"), shown.count("Electronic music")) == (8, 2, 0)
    assert len(material.of_category(arm, material.categories[0])) == 3
    assert {clip.category.name for clip in material.clips} - {clip.category.name for clip in material.main_clips} == {
        *factories.PRACTICE
    }


def test_practice_comes_from_the_first_arm_that_has_it(db: None) -> None:
    dataset = factories.make_dataset()
    bare = factories.make_set(dataset, "bare", categories=factories.CATEGORIES)
    whole = factories.make_set(dataset, "whole")
    study = factories.make_study(sets=[bare, whole], status=Study.Status.DRAFT)
    material = Material(study)
    [category] = material.practice_categories
    assert {stimulus.set_id for stimulus in material.practice(category)} == {whole.pk}
    assert len(material.contents) == 2
    assert {file.sha256 for file in material.image_files} >= set(Content.objects.values_list("sha256", flat=True))
    assert all(file.suffix == ".wav" for file in material.clip_files)


def test_everything_is_read_once(draft: Study, django_assert_num_queries: Any) -> None:
    material = Material(draft)
    list(material.shown)
    with django_assert_num_queries(0):
        assert len(list(material.shown)) == 15
