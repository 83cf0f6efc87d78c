"""What a researcher hears about images: train clips, photographs used twice, and pictures to be looked at."""

import pytest

from generation.models import Category, Checkpoint, Clip, Dataset, Split, Stimulus
from generation.stimuli.notices import find_image_notices, find_notices
from generation.stimuli.plan import PlannedImage
from tests.studies import factories

DATASET = Dataset(name="art")
CHECKPOINT = Checkpoint(config={"dataset": {"name": "art"}})


def plan(*, split=Split.TEST, n=3):
    clip = Clip(sha256="c" * 64, split=split, category=Category(name="A"))
    return [PlannedImage(clip=clip, index=0, seed=1, rank=rank, eligible=n) for rank in range(n)]


def test_nothing_is_said_of_held_out_clips_and_enough_photographs():
    assert find_notices(plan(), CHECKPOINT, DATASET, pool="art", photos=3) == []
    assert find_notices(plan(), CHECKPOINT, DATASET, pool="none", photos=0) == []


def test_clips_that_were_heard_and_photographs_that_repeat_are_counted():
    (heard,) = find_notices(plan(split=Split.TRAIN), CHECKPOINT, DATASET, pool="art", photos=3)
    assert heard == "3 images are of train clips, which the model has heard in training."
    assert find_notices(plan(split=Split.TRAIN), CHECKPOINT, Dataset(name="other"), pool="other", photos=3) == []
    repeated, whose = find_notices(plan(), CHECKPOINT, DATASET, pool="Paragone", photos=1)
    assert repeated.startswith("2 images paint on a photograph that their category has used already")
    assert whose == "The dataset art has no content images; the photographs are Paragone's."


@pytest.mark.django_db
def test_dark_and_alarming_images_are_counted():
    images = factories.make_set(factories.make_dataset(clips=1))
    assert find_image_notices(images) == []
    rows = list(Stimulus.objects.filter(set=images)[:2])
    rows[0].provenance = {"painting": {"guard_passed": False}}
    rows[1].provenance = {"painting": {"safety_flagged": True}}
    for row in rows:
        row.save()
    dark, alarming = find_image_notices(images)
    assert dark == "1 image is nearly black or empty even after painting again. Have a look."
    assert alarming.startswith("Stable Diffusion's safety checker raised an alarm at 1 image, ")
