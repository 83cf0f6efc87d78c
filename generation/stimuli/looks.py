"""Which pictures look alike: numbers that were worked out when they came in, compared. No torch, no pixels.

Measured on the demo pack: smaller, paler, coarser or a little cropped copies of a picture differ from it in at most 10
bits, and its different artworks and photographs in at least 16 (half of all pairs in 32 and more). Repaintings of one
photograph by the demo's model differ in 2 to 26 bits, because the bits see light and dark and no colours; of those in
at most 12 bits, the ones that people take for one picture lie within 39 levels of mean colour, the others (a brown
castle and a blue one) 67 and more apart.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

ALIKE_BITS = 12
ALIKE_LEVELS = 48
SHAPE_DIGITS = 16


def are_alike(first: str, second: str) -> bool:
    """Whether people may take two pictures for one, by their looks (`generation.files.find_look`).

    A picture whose look was not worked out (empty) is like no other.
    """
    if not first or not second:
        return False
    bits = int(first[:SHAPE_DIGITS], 16) ^ int(second[:SHAPE_DIGITS], 16)
    if bits.bit_count() > ALIKE_BITS:
        return False
    colours = zip(bytes.fromhex(first[SHAPE_DIGITS:]), bytes.fromhex(second[SHAPE_DIGITS:]), strict=True)
    return all(abs(one - other) <= ALIKE_LEVELS for one, other in colours)


@lru_cache(maxsize=64)  # the same set of pictures is asked for by each new session
def find_alike(pictures: tuple[tuple[int, str], ...]) -> tuple[tuple[int, int], ...]:
    """Places of pictures of different categories that look alike, in pairs.

    Parameters
    ----------
    pictures : tuple of (category, look)
        In any order.
    """
    return tuple(
        (i, j)
        for (i, (category, look)), (j, (other_category, other)) in combinations(enumerate(pictures), 2)
        if category != other_category and are_alike(look, other)
    )


def pairs_by_id(rows: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Pairs of ids of pictures of different categories that look alike, of rows (id, category, look)."""
    pairs = find_alike(tuple((category, look) for _, category, look in rows))
    return [(rows[i][0], rows[j][0]) for i, j in pairs]
