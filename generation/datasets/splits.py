"""Which recordings a model is trained, chosen and tested on: a seeded split in which none lies on two sides."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from generation.datasets.manifest import SPLITS

TRAIN, VAL, TEST = SPLITS
HELD_OUT_SHARE = {TEST: 0.1, VAL: 0.1}  # 80 / 10 / 10, the proportions of the paper's dataset


def assign_splits(
    pieces: Iterable[str], *, seed: int, group: str, taken: Mapping[str, str], sizes: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Split the pieces of one group (a category's music, or its art) that have no split yet.

    pieces: the piece of every file of the group, so that a piece weighs as much as it has files.
    taken: piece -> split of those that have their place and never move; they count towards the sizes.
    sizes: files wanted in test and val, other than `held_out_sizes`.

    The order in which pieces fill test, then val, then train is drawn from (seed, group, piece) alone. The files of a
    split come as near to its size as pieces allow: of all choices that do, the first in that order. Pieces of one file
    each fill it exactly, and those that come later move none. With three pieces or more test and val have at least one
    each; with two, test has one.
    """
    files = Counter(pieces)
    new = sorted(set(files) - set(taken), key=lambda piece: _draw(seed, group, piece))
    every = set(files) | set(taken)
    wanted = held_out_sizes(sum(files[piece] or 1 for piece in every), len(every)) if sizes is None else dict(sizes)
    filled = Counter(taken.values())
    for piece, split in taken.items():
        if split in wanted:
            wanted[split] -= files[piece] or 1
    assigned: dict[str, str] = {}
    for split in (TEST, VAL):
        left = [piece for piece in new if piece not in assigned]
        # Train needs a piece, and after test has one val needs one, too.
        most = len(left) - (not filled[TRAIN])
        if split == TEST and wanted[VAL] > 0 and not filled[VAL]:
            most = max(min(most, 1), most - 1)
        chosen = _choose(left, files, wanted[split], most=most, least=0 if filled[split] else 1)
        assigned |= dict.fromkeys(chosen, split)
        filled[split] += len(chosen)
    return {piece: assigned.get(piece, TRAIN) for piece in new}


def held_out_sizes(files: int, pieces: int | None = None) -> dict[str, int]:
    """How many of so many files, in so many pieces (as many unless stated), are kept from training."""
    pieces = files if pieces is None else pieces
    if pieces < 2:
        return {TEST: 0, VAL: 0}
    if pieces == 2:
        return {TEST: max(1, round(HELD_OUT_SHARE[TEST] * files)), VAL: 0}
    return {split: max(1, round(share * files)) for split, share in HELD_OUT_SHARE.items()}


def _choose(order: Sequence[str], files: Mapping[str, int], wanted: int, *, most: int, least: int) -> list[str]:
    """At most `most` pieces whose files come nearest to `wanted`, rather fewer than more, early ones first.

    least: 1 where even the smallest piece is better than none.
    """
    if wanted <= 0 or most <= 0:
        return []
    limit = wanted + max(files[piece] for piece in order)
    # Bit s of reach[i]: some of the pieces from place i on have s files together.
    reach = [1]
    for piece in reversed(order):
        reach.append((reach[-1] | reach[-1] << files[piece]) & ((1 << limit + 1) - 1))
    reach.reverse()
    sums = sorted(range(least, limit + 1), key=lambda s: (abs(s - wanted), s))
    left = next((s for s in sums if reach[0] >> s & 1), 0)
    chosen = []
    for place, piece in enumerate(order):
        if files[piece] <= left and reach[place + 1] >> left - files[piece] & 1:
            chosen.append(piece)
            left -= files[piece]
    if len(chosen) > most:  # many small pieces: as many as can be spared, the largest of them
        return sorted(chosen, key=lambda piece: -files[piece])[:most]
    return chosen


def _draw(seed: int, group: str, piece: str) -> str:
    return hashlib.sha256(f"{seed}\n{group}\n{piece}".encode()).hexdigest()
