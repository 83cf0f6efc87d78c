"""Are some images, or some places on the screen, chosen more than others?

Pearson's statistic of the totals against even use, with its p from permuting each participant's own counts over the
images (or places). A test that takes answers as independent calls a favourite wherever single people have one of their
own, though nobody shares it.
"""

import numpy as np

from analysis.permutation import count_draws, drawn_words, seeded_p

SEED = 20_260_110
METHOD = "seeded permutation within participants"


def compare_use(counts: np.ndarray) -> tuple[float, float, str]:
    """(chi-squared, p, method) of the column totals of whole numbers (participants, k), some of them positive.

    p is (1 + hits) / (1 + draws) over permutations of every row; 1 where no row differs inside.
    """
    totals = counts.sum(axis=0)
    mean = totals.mean()
    chi2 = float(((totals - mean) ** 2).sum() / mean)
    moving = counts[np.ptp(counts, axis=1) > 0]
    if not len(moving):
        return chi2, 1.0, METHOD
    rest = counts[np.ptp(counts, axis=1) == 0].sum(axis=0)
    target = int((totals.astype(np.int64) ** 2).sum())

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        drawn = rng.permuted(np.broadcast_to(moving, (draws, *moving.shape)), axis=2).sum(axis=1) + rest
        return (drawn.astype(np.int64) ** 2).sum(axis=1) >= target

    p_value = float(seeded_p(is_extreme, values=moving.size, seed=SEED))
    return chi2, p_value, drawn_words(METHOD, count_draws(moving.size))
