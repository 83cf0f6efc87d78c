"""Are some images, or some places on the screen, chosen more than others?

Pearson's statistic of the totals against even use, with its p from permuting each participant's own counts over the
images (or places). A test that takes answers as independent calls a favourite wherever single people have one of their
own, though nobody shares it.
"""

from __future__ import annotations

import numpy as np

PERMUTATIONS = 9_999
FEWEST_PERMUTATIONS = 999
# Most counts that are permuted in all; large studies get fewer permutations (about half a second).
PERMUTED_VALUES = 20_000_000
SEED = 20_260_110
METHOD = "seeded permutation within participants"


def compare_use(counts: np.ndarray) -> tuple[float, float]:
    """(chi-squared, p) of the column totals of whole numbers (participants, k), some of them positive.

    p is (1 + hits) / (1 + draws) over permutations of every row; 1 where no row differs inside.
    """
    totals = counts.sum(axis=0)
    mean = totals.mean()
    chi2 = float(((totals - mean) ** 2).sum() / mean)
    moving = counts[np.ptp(counts, axis=1) > 0]
    if not len(moving):
        return chi2, 1.0
    rest = counts[np.ptp(counts, axis=1) == 0].sum(axis=0)
    draws = max(FEWEST_PERMUTATIONS, min(PERMUTATIONS, PERMUTED_VALUES // moving.size))
    rng = np.random.default_rng(SEED)
    target = int((totals.astype(np.int64) ** 2).sum())
    reached, step = 0, max(1, 1_000_000 // moving.size)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        drawn = rng.permuted(np.broadcast_to(moving, (size, *moving.shape)), axis=2).sum(axis=1) + rest
        reached += int(((drawn.astype(np.int64) ** 2).sum(axis=1) >= target).sum())
    return chi2, (1 + reached) / (1 + draws)
