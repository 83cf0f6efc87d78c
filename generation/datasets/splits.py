"""Which pieces a model is trained, chosen and tested on: a seeded split in which no piece lies on two sides."""

import hashlib
from collections.abc import Iterable, Mapping

from generation.datasets.manifest import SPLITS

TRAIN, VAL, TEST = SPLITS
HELD_OUT_SHARE = {TEST: 0.1, VAL: 0.1}  # 80 / 10 / 10, the proportions of the paper's dataset


def assign_splits(
    pieces: Iterable[str], *, seed: int, group: str, taken: Mapping[str, str], sizes: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Split the pieces of one group (a category's music, or its art) that have no split yet.

    The order in which pieces fill test, then val, then train is drawn from (seed, group, piece) alone, and `taken`
    (piece -> split) counts towards the sizes, so that adding files later never moves a piece that has its place.
    Three pieces or more give at least one each to test and val; two give one to test. `sizes` states other sizes of
    test and val.
    """
    new = sorted(set(pieces) - set(taken), key=lambda piece: _draw(seed, group, piece))
    wanted = held_out_sizes(len(new) + len(taken)) if sizes is None else dict(sizes)
    for split in taken.values():
        if split in wanted:
            wanted[split] -= 1
    assigned = {}
    for piece in new:
        split = next((split for split in (TEST, VAL) if wanted[split] > 0), TRAIN)
        if split in wanted:
            wanted[split] -= 1
        assigned[piece] = split
    return assigned


def held_out_sizes(n: int) -> dict[str, int]:
    """How many of n pieces are kept from training."""
    if n < 2:
        return {TEST: 0, VAL: 0}
    if n == 2:
        return {TEST: 1, VAL: 0}
    return {split: max(1, round(share * n)) for split, share in HELD_OUT_SHARE.items()}


def _draw(seed: int, group: str, piece: str) -> str:
    return hashlib.sha256(f"{seed}\n{group}\n{piece}".encode()).hexdigest()
