"""Renamings of what one participant heard: what guessing with a mapping of one's own makes equally likely.

Whoever does not know which image belongs to which music may still answer by a system ("electronic is blue"), on every
board the same, and may have favourite images. Then the names of the heard categories could be exchanged, over all of
that person's boards at once and with the choices kept, without making the answers more or less likely. Only categories
that are heard equally often on every one of the person's boards are exchanged: the boards stay what they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product
from math import factorial, prod
from zlib import crc32

import numpy as np

# Most renamings that are all listed (8!); of more, as many are drawn, the names as they are among them.
MOST_LISTED = 40_320
MOST_DRAWN = 5_040


@dataclass(frozen=True)
class AnsweredBoard:
    """One board of one participant.

    Attributes
    ----------
    heard : category of every clip, numbers from 0
    chosen : category of the image chosen for it; -1 without an answer, any number that is never heard for a foil
    n_images : images on the board
    """

    heard: tuple[int, ...]
    chosen: tuple[int, ...]
    n_images: int


def exchangeable(boards: Sequence[AnsweredBoard]) -> tuple[tuple[int, ...], ...]:
    """Groups of categories that are heard equally often on every board; those alone in their group are left out."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for category in sorted({c for board in boards for c in board.heard}):
        groups.setdefault(tuple(board.heard.count(category) for board in boards), []).append(category)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def list_renamings(boards: Sequence[AnsweredBoard]) -> np.ndarray:
    """New names of the categories, (renamings, categories): row 0 keeps every name.

    Beyond `MOST_LISTED` renamings they are drawn, by a seed that is the person's own answers: a mean over them and the
    names as they are still is one that random naming makes exact on average.
    """
    groups = exchangeable(boards)
    size = 1 + max((c for board in boards for c in board.heard), default=0)
    if prod(factorial(len(group)) for group in groups) <= MOST_LISTED:
        return all_renamings(groups, size)
    rng = np.random.default_rng(crc32(repr(sorted((b.heard, b.chosen) for b in boards)).encode()))
    drawn = np.tile(np.arange(size, dtype=np.int16), (MOST_DRAWN, 1))
    for group in groups:
        drawn[1:, list(group)] = rng.permuted(drawn[1:, list(group)], axis=1)
    return drawn


@lru_cache(maxsize=8)
def all_renamings(groups: tuple[tuple[int, ...], ...], size: int) -> np.ndarray:
    """Every renaming within the groups; `permutations` gives the order as it is first."""
    rows = np.tile(np.arange(size, dtype=np.int16), (prod(factorial(len(group)) for group in groups), 1))
    for row, names in zip(rows, product(*map(permutations, groups)), strict=True):
        for group, new in zip(groups, names, strict=True):
            row[list(group)] = new
    rows.setflags(write=False)
    return rows
