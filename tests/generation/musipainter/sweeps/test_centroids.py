"""Nearest-centroid hits, and which clips are asked."""

from pathlib import Path

import torch

from generation.musipainter.data import MediaItem
from generation.musipainter.sweeps.centroids import centroid_hits, first_of_each


def test_hits_are_counted_by_direction_alone():
    train = [
        ("a", torch.tensor([1.0, 0.1])),
        ("a", torch.tensor([100.0, -10.0])),
        ("b", torch.tensor([0.0, 2.0])),
    ]
    # The second category's token is long and points to the first; the last one lies between and is nearer to b.
    held_out = [
        ("a", torch.tensor([5.0, 1.0])),
        ("b", torch.tensor([50.0, 1.0])),
        ("b", torch.tensor([0.9, 1.0])),
    ]
    assert centroid_hits(train, held_out) == 2


def test_every_train_token_has_the_same_say_whatever_its_length():
    # By length the first token alone would decide where the centroid of a points.
    train = [("a", torch.tensor([100.0, 0.0])), ("a", torch.tensor([0.0, 1.0])), ("b", torch.tensor([1.0, 0.0]))]
    assert centroid_hits(train, [("a", torch.tensor([1.0, 0.9]))]) == 1


def test_a_tie_goes_to_the_first_category_by_name():
    train = [("b", torch.tensor([1.0, 0.0])), ("a", torch.tensor([1.0, 0.0]))]
    assert centroid_hits(train, [("a", torch.tensor([1.0, 0.0]))]) == 1
    assert centroid_hits(train, [("b", torch.tensor([1.0, 0.0]))]) == 0


def test_clips_are_chosen_by_hash_and_evenly():
    items = [MediaItem(f"{number:02d}", Path("x"), label) for number, label in enumerate("babbab")]
    chosen = first_of_each(items[::-1], 2)
    assert [(item.label, item.sha256) for item in chosen] == [("a", "01"), ("a", "04"), ("b", "00"), ("b", "02")]
