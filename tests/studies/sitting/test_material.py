"""Which clips and images boards are drawn from."""

from collections import Counter

import pytest

from generation.models import Clip, Stimulus
from studyserver.studies.design.freezing import lifted
from studyserver.studies.models import Study, Trial
from studyserver.studies.sitting.start import start_session
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_images_are_balanced_over_sessions(study: Study) -> None:
    for _ in range(6):
        start_session(study=study)
    shown = Counter(
        pk for order in Trial.objects.filter(kind="main").values_list("image_order", flat=True) for pk in order
    )
    # 6 sessions x 2 boards over 3 images in each of 4 categories.
    assert len(shown) == 12
    assert set(shown.values()) == {4}


def test_flagged_images_are_never_shown(study: Study) -> None:
    flagged = study.arms.get().stimulus_set.stimuli.first()
    assert flagged is not None
    with lifted():
        flagged.flagged = True
        flagged.save()
    for _ in range(6):
        start_session(study=study)
    orders = Trial.objects.filter(kind="main").values_list("image_order", flat=True)
    assert flagged.pk not in {pk for order in orders for pk in order}


def test_shuffled_control_is_shown_as_whole_boards() -> None:
    dataset = factories.make_dataset()
    control = factories.make_shuffled_set(factories.make_set(dataset))
    practice = factories.make_set(dataset, "practice", categories=factories.PRACTICE)
    study = factories.make_study(sets=[control, practice], quotas=[None, 0])
    session = start_session(study=study)
    board_of = dict(control.stimuli.values_list("pk", "board"))
    for trial in session.trials.filter(kind="main"):
        assert len({board_of[pk] for pk in trial.image_order}) == 1
        made_from = Clip.objects.filter(pk__in=trial.clip_order).values_list("sha256", flat=True)
        source = control.stimuli.filter(pk__in=trial.image_order).values_list("provenance", flat=True)
        assert sorted(made_from) == sorted(p["source_clip"] for p in source)


def test_practice_material_is_the_first_arms_for_all_arms() -> None:
    dataset = factories.make_dataset()
    without = factories.make_set(dataset, "a", categories=factories.CATEGORIES)
    sets = [without, factories.make_set(dataset, "b"), factories.make_set(dataset, "c")]
    study = factories.make_study(sets=sets)
    for _ in range(6):
        start_session(study=study)
    shown = [
        image["stimulus"]
        for order in Trial.objects.filter(kind="practice").values_list("image_order", flat=True)
        for image in order
        if "stimulus" in image
    ]
    assert len(shown) == 12
    assert set(shown) <= set(sets[1].stimuli.values_list("pk", flat=True))


def test_practice_photograph_is_not_the_one_the_image_was_painted_over() -> None:
    dataset = factories.make_dataset(clips=1, contents=2)
    stimulus_set = factories.make_set(dataset)
    used, other = dataset.contents.order_by("pk")
    stimulus_set.stimuli.update(provenance={"content": {"sha256": used.sha256}})
    study = factories.make_study(sets=[stimulus_set])
    for _ in range(5):
        start_session(study=study)
    for order in Trial.objects.filter(kind="practice").values_list("image_order", flat=True):
        assert {"content": other.pk} in order


def test_look_alikes_share_no_board_where_they_can_be_parted(study: Study) -> None:
    by_category: dict[int, list[Stimulus]] = {}
    for stimulus in study.arms.get().stimulus_set.stimuli.order_by("id"):
        by_category.setdefault(stimulus.category_id, []).append(stimulus)
    # The first image of three categories shows the first photograph, and so on.
    group = {}
    for images in list(by_category.values())[:3]:
        for place, stimulus in enumerate(images):
            stimulus.look = f"{(0, 0xFFFF, 0xFFFF0000)[place]:016x}808080"
            with lifted():
                stimulus.save()
            group[stimulus.pk] = place
    for _ in range(12):
        start_session(study=study)
    boards = Trial.objects.filter(kind="main").values_list("image_order", flat=True)
    assert {len({group[pk] for pk in order if pk in group}) for order in boards} == {3}
    shown = Counter(pk for order in boards for pk in order)
    assert max(shown.values()) - min(shown.values()) <= 2
