"""Launch checks of pictures that people may take for one another."""

from generation.models import Stimulus
from studyserver.studies.design.document import design_document, design_hash
from studyserver.studies.design.launch.look_alikes import check_look_alikes
from studyserver.studies.design.launch.material import Material
from studyserver.studies.models import Arm, Study
from tests.studies import factories

LOOK = "0" * 16 + "808080"


def pair_of(study: Study) -> list[Stimulus]:
    """The first images of two categories."""
    stimuli = study.arms.get().stimulus_set.stimuli
    return [stimuli.filter(category__name=name).order_by("id")[0] for name in ("Heavy metal", "Electronic music")]


def about_looks(study: Study) -> list[str]:
    found = check_look_alikes(Material(study))
    return [f"{finding.what} {finding.mend}" for finding in found]


def test_look_alikes_are_named_with_their_categories(draft: Study) -> None:
    assert about_looks(draft) == []
    before = design_hash(draft)
    assert "look_alikes" not in design_document(draft)["arms"][0]
    metal, electronic = pair_of(draft)
    Stimulus.objects.filter(pk__in=[metal.pk, electronic.pk]).update(look=LOOK)
    (line,) = about_looks(draft)
    assert line.startswith(f"Arm “{draft.arms.get().name}”: 1 pair of images of different categories that may share")
    assert f"{metal.sha256[:12]} (Heavy metal)" in line
    assert f"{electronic.sha256[:12]} (Electronic music)" in line
    assert design_hash(draft) != before
    assert set(design_document(draft)["arms"][0]["look_alikes"]) == {metal.sha256, electronic.sha256}


def test_many_look_alikes_are_counted(draft: Study) -> None:
    draft.arms.get().stimulus_set.stimuli.update(look=LOOK)
    (line,) = about_looks(draft)
    assert "54 pairs of images" in line
    assert "and 49 more." in line


def test_images_of_a_control_are_compared_within_their_board(draft: Study) -> None:
    control = factories.make_shuffled_set(draft.arms.get().stimulus_set)
    Arm.objects.update(stimulus_set=control)
    one, other = control.stimuli.exclude(category__name="Heavy metal").filter(board=0).order_by("id")[:2]
    Stimulus.objects.filter(pk=one.pk).update(look=LOOK)
    elsewhere = control.stimuli.filter(board=1).exclude(category=one.category_id)[0]
    Stimulus.objects.filter(pk=elsewhere.pk).update(look=LOOK)
    assert not [line for line in about_looks(draft) if "nearly alike" in line]
    Stimulus.objects.filter(pk=other.pk).update(look=LOOK)
    assert "1 pair of images" in about_looks(draft)[0]


def test_images_whose_look_is_not_known_are_counted(draft: Study) -> None:
    before = design_hash(draft)
    Stimulus.objects.update(look="")
    (line,) = about_looks(draft)
    assert "of 12 images it is not known what they look like. Run “python manage.py find_looks”" in line
    assert design_hash(draft) == before
