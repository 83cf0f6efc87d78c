"""The plan of a set: who is chosen, in which place, with which seed."""

import hashlib
from collections import Counter
from itertools import islice

import pytest

from generation.errors import SeedError, StimulusSetError
from generation.models import Category, Clip, Dataset
from generation.seeds import image_seed
from generation.stimuli.plan import plan_images
from generation.stimuli.request import Request


@pytest.fixture
def dataset(db):
    dataset = Dataset.objects.create(name="rows", root="", manifest_sha256="0" * 64)
    for order, (name, test_clips) in enumerate((("Old choir", 5), ("New noise", 3), ("Third", 4))):
        category = Category.objects.create(dataset=dataset, slug=name.lower().replace(" ", "-"), name=name, order=order)
        for split, count in (("train", 2), ("val", 1), ("test", test_clips)):
            for n in range(count):
                sha256 = hashlib.sha256(f"{name}{split}{n}".encode()).hexdigest()
                Clip.objects.create(
                    category=category, split=split, sha256=sha256, file="x", duration=30, sample_rate=16_000
                )
    return dataset


def per_category(plan):
    return Counter(image.clip.category.name for image in plan)


def test_by_default_every_test_clip_gets_one_image(dataset):
    plan = plan_images(dataset, Request())
    assert {image.clip.split for image in plan} == {"test"}
    assert per_category(plan) == {"Old choir": 5, "New noise": 3, "Third": 4}
    assert [image.index for image in plan] == [0] * 12


def test_the_order_is_category_then_hash_then_index(dataset):
    plan = plan_images(dataset, Request(images_per_clip=2))
    keys = [(image.clip.category.order, image.clip.sha256, image.index) for image in plan]
    assert keys == sorted(keys)


def test_places_count_through_a_category_without_gaps(dataset):
    plan = plan_images(dataset, Request(images_per_clip=3, splits=("val", "test")))
    for name, count in per_category(plan).items():
        places = sorted(image.place for image in plan if image.clip.category.name == name)
        assert places == list(range(count))


def test_a_subset_keeps_places_and_seeds_of_the_whole(dataset):
    def known(plan):
        return {(image.clip.pk, image.index): (image.rank, image.place, image.seed) for image in plan}

    whole = known(plan_images(dataset, Request(images_per_clip=2, seed=4)))
    for request in (
        Request(images_per_clip=2, seed=4, clips_per_category=2),
        Request(images_per_clip=1, seed=4),
        Request(images_per_clip=2, seed=4, categories=("Third",)),
        Request(images_per_clip=2, seed=4, total=8),
    ):
        part = known(plan_images(dataset, request))
        assert part.items() <= whole.items()
        assert len(part) < len(whole)


def test_seeds_come_from_set_seed_clip_and_index(dataset):
    for image in plan_images(dataset, Request(images_per_clip=2, seed=11)):
        assert image.seed == image_seed(11, image.clip.sha256, image.index)


def test_clips_are_drawn_by_the_seed(dataset):
    def chosen(seed):
        plan = plan_images(dataset, Request(clips_per_category=2, seed=seed))
        return frozenset(image.clip.pk for image in plan)

    assert chosen(1) == chosen(1)
    assert len({chosen(seed) for seed in range(30)}) > 10
    assert all(len(chosen(seed)) == 6 for seed in range(5))


def test_a_total_is_spread_evenly_and_the_rest_drawn(dataset):
    counts = [per_category(plan_images(dataset, Request(total=8, seed=seed))) for seed in range(30)]
    assert all(sorted(count.values()) == [2, 3, 3] for count in counts)
    assert len({min(count, key=count.get) for count in counts}) == 3


def test_a_total_uses_whole_clips_first(dataset):
    plan = plan_images(dataset, Request(total=9, images_per_clip=2))
    for name in ("Old choir", "New noise", "Third"):
        per_clip = Counter(image.clip.pk for image in plan if image.clip.category.name == name)
        assert sorted(per_clip.values()) == [1, 2]


def test_categories_go_by_name_or_slug_in_the_datasets_order(dataset):
    plan = plan_images(dataset, Request(categories=("Third", "old-choir")))
    assert list(islice(dict.fromkeys(image.clip.category.name for image in plan), 3)) == ["Old choir", "Third"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"categories": ("Jazz",)}, 'no category "Jazz"; it has "Old choir", "New noise", "Third"'),
        ({"clips_per_category": 4}, '"New noise" has 3 clips in the split test; 4 are needed'),
        ({"total": 30}, "needed. Ask for more images per clip, or for a smaller total"),
        ({"total": 2}, "A total of 2 cannot cover 3 categories"),
    ],
)
def test_what_cannot_be_had_is_said(dataset, asked, words):
    with pytest.raises(StimulusSetError, match=words):
        plan_images(dataset, Request(**asked))


def test_a_category_without_clips_in_the_split_is_named(dataset):
    Clip.objects.filter(category__name="Third", split="val").delete()
    with pytest.raises(StimulusSetError, match='"Third" has no clip in the split val'):
        plan_images(dataset, Request(splits=("val",)))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"images_per_clip": 0}, "images_per_clip must be at least 1"),
        ({"clips_per_category": 1, "total": 3}, "not for both"),
        ({"splits": ("dev",)}, 'no split "dev"'),
    ],
)
def test_an_impossible_request_is_refused(asked, words):
    with pytest.raises(StimulusSetError, match=words):
        Request(**asked)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_number_that_is_no_seed_is_refused(seed):
    with pytest.raises(SeedError, match=f"^The seed must lie between 0 and 2\\^63 - 1, not {seed}\\.$"):
        Request(seed=seed)
