"""The shuffled control: the same images, but which category each one counts as is drawn at random.

Images are grouped into boards with one image of each category. On every board a permutation of the categories is
drawn uniformly, the identity included, and each image takes the place of the clip that its permuted category has on
the board. Whoever matches such a board one to one, by whatever strategy, expects exactly one hit.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from generation.seeds import derive_seed, permuted

Slot = TypeVar("Slot")


@dataclass(frozen=True)
class Board(Generic[Slot]):
    """One image per category, in the categories' order; image i takes the place of image `permutation[i]`."""

    number: int
    slots: tuple[Slot, ...]
    permutation: tuple[int, ...]


def make_boards(slots: Mapping[str, Sequence[Slot]], *, source: str, seed: int) -> list[Board[Slot]]:
    """Cut images of each category (in a fixed order) into boards; images beyond the smallest category are left out.

    source: name of the set that the images come from, so that controls of two sets with one seed are independent.
    """
    drawn = {category: permuted(list(images), "boards", source, seed, category) for category, images in slots.items()}
    count = min((len(images) for images in drawn.values()), default=0)
    return [
        Board(
            number=number,
            slots=tuple(images[number] for images in drawn.values()),
            permutation=draw_permutation(len(drawn), seed=derive_seed("permutation", source, seed, number)),
        )
        for number in range(count)
    ]


def draw_permutation(size: int, *, seed: int) -> tuple[int, ...]:
    """One of all permutations of 0 .. size - 1, each as likely as any other."""
    return tuple(random.Random(seed).sample(range(size), size))
