"""Pairs, epochs, early checks and the cache of frozen features."""

from collections import Counter
from pathlib import Path

import pytest
import torch

from generation.errors import DatasetError
from generation.musipainter.data import (
    FeatureCache,
    MediaItem,
    Pair,
    TrainingData,
    draw_partners,
    epoch_clips,
    pool_sha256,
)


def item(name, label="A", split="train"):
    return MediaItem(sha256=name, path=Path(name), label=label, split=split)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


CLIPS = [item(f"{label}{n}", label) for label in "AB" for n in range(3)]
ARTWORKS = [item(f"art-{label}{n}", label) for label in "AB" for n in range(4)]
VALIDATION = [Pair(item("va", "A", "val"), item("art-va", "A", "val"))]


def test_an_epoch_hears_every_clip_once():
    assert sorted(clip.sha256 for clip in epoch_clips(CLIPS, None, generator())) == sorted(c.sha256 for c in CLIPS)


def test_a_longer_epoch_hears_clips_equally_often():
    counts = Counter(clip.sha256 for clip in epoch_clips(CLIPS, 14, generator()))
    assert sum(counts.values()) == 14
    assert set(counts.values()) == {2, 3}


def test_partners_are_of_the_same_category_and_drawn_uniformly():
    clips = epoch_clips(CLIPS, 12_000, generator())
    partners = draw_partners(clips, ARTWORKS, generator(1))
    assert all(clip.label == partner.label for clip, partner in zip(clips, partners, strict=True))
    counts = Counter(partner.sha256 for partner in partners)
    assert len(counts) == 8
    # 1500 expected each; five standard deviations
    assert all(abs(count - 1500) < 5 * 36.3 for count in counts.values())


def test_draws_follow_the_generator():
    first, again, other = (draw_partners(CLIPS * 5, ARTWORKS, generator(seed)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("clips", "artworks", "validation", "words"),
    [
        ([], ARTWORKS, VALIDATION, "no clip in its train split"),
        ([*CLIPS, item("c", "C")], ARTWORKS, VALIDATION, '"C" has train clips, but no train artwork'),
        (CLIPS, ARTWORKS, [], "no validation pair"),
        (CLIPS, ARTWORKS, [Pair(item("x", "A"), item("y", "B"))], "mixes two categories"),
        (CLIPS, [*ARTWORKS, item("z", "C")], [Pair(item("x", "C"), item("y", "C"))], '"C" has validation clips'),
    ],
)
def test_unusable_data_is_refused_before_anything_is_computed(clips, artworks, validation, words):
    with pytest.raises(DatasetError, match=words):
        TrainingData(clips, artworks, validation)


def test_the_hash_of_the_data_ignores_order_and_notices_the_rest():
    plain = TrainingData(CLIPS, ARTWORKS, VALIDATION).sha256()
    assert TrainingData(CLIPS[::-1], ARTWORKS[::-1], VALIDATION).sha256() == plain
    assert TrainingData(CLIPS[1:], ARTWORKS, VALIDATION).sha256() != plain
    assert TrainingData(CLIPS, ARTWORKS[1:], VALIDATION).sha256() != plain
    moved = [item("A0", "B"), *CLIPS[1:]]
    assert TrainingData(moved, ARTWORKS, VALIDATION).sha256() != plain


def test_the_cache_knows_what_features_came_from(tmp_path):
    cache, calls = FeatureCache(tmp_path), []

    def compute():
        calls.append(1)
        return torch.tensor([float(len(calls))])

    assert cache.fetch("a", {"encoder": 1}, compute).item() == 1
    assert cache.fetch("a", {"encoder": 1}, compute).item() == 1
    assert cache.fetch("a", {"encoder": 2}, compute).item() == 2
    assert cache.fetch("b", {"encoder": 1}, compute).item() == 3


def test_a_damaged_cache_file_is_computed_again(tmp_path):
    cache = FeatureCache(tmp_path)
    cache.fetch("a", {}, lambda: torch.zeros(2))
    (path,) = tmp_path.rglob("*.npy")
    path.write_bytes(path.read_bytes()[:20])
    assert cache.fetch("a", {}, lambda: torch.ones(2)).tolist() == [1, 1]
    assert cache.fetch("a", {}, lambda: torch.zeros(2)).tolist() == [1, 1]


def test_without_a_folder_nothing_is_kept():
    assert [FeatureCache(None).fetch("a", {}, lambda n=n: torch.tensor(n)).item() for n in range(2)] == [0, 1]


def test_a_pool_is_known_by_its_files_in_any_order():
    assert pool_sha256(CLIPS) == pool_sha256(CLIPS[::-1]) != pool_sha256(CLIPS[1:])
