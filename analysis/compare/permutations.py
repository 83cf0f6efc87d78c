"""Permutation tests of two arms, independent or paired: exact where the work is bounded, drawn elsewhere."""

from fractions import Fraction

import numpy as np
from scipy import stats

from analysis.intervals import mean_half_width
from analysis.permutation import drawn_words

DRAWS = 20_000

SEED = 20_260_106

# Most additions that an exact recursion may take (about 0.4 s); beyond it permutations are drawn.
EXACT_WORK = 500_000_000


def independent_permutation(scores_a: np.ndarray, scores_b: np.ndarray) -> tuple[float, float, str]:
    """(two-sided p, one-sided p that a is higher, method) of the difference of means; scores are whole numbers.

    All choices of who belongs to arm a are counted by a recursion over subset sums; ties count as at least as extreme.
    """
    pooled = np.concatenate([scores_a, scores_b]).astype(np.int64)
    pooled = pooled - pooled.min()
    divisor = int(np.gcd.reduce(pooled)) or 1
    pooled = pooled // divisor
    n, m, total = len(scores_a), len(pooled), int(pooled.sum())
    observed = int(pooled[:n].sum())
    centre = Fraction(n * total, m)
    if m * (n + 1) * (total + 1) > EXACT_WORK:
        return _independent_drawn(pooled, n, observed, centre)
    law = subset_sums(pooled, n)
    sums = np.arange(total + 1)
    distance = np.abs(sums * m - n * total)
    extreme = distance >= abs(observed * m - n * total)
    return float(min(1.0, law[extreme].sum())), float(min(1.0, law[observed:].sum())), "exact permutation"


def paired_permutation(differences: np.ndarray) -> tuple[float, float, str]:
    """(two-sided p, one-sided p that a is higher, method) when the two arms of each participant are swapped."""
    values = differences.astype(np.int64)
    moving = np.abs(values[values != 0])
    divisor = int(np.gcd.reduce(moving)) if len(moving) else 1
    moving, observed = moving // divisor, int(values.sum()) // divisor
    total = int(moving.sum())
    if total * max(1, len(moving)) > EXACT_WORK:
        rng = np.random.default_rng(SEED)
        signs = rng.integers(0, 2, size=(DRAWS, len(moving))) * 2 - 1
        sums = signs @ moving
        two = (1 + int((np.abs(sums) >= abs(observed)).sum())) / (DRAWS + 1)
        return two, (1 + int((sums >= observed).sum())) / (DRAWS + 1), drawn_words("seeded permutation", DRAWS)
    law = fair_sums(2 * moving)
    sums = np.arange(-total, total + 1)
    return (
        float(min(1.0, law[np.abs(sums) >= abs(observed)].sum())),
        float(law[sums >= observed].sum()),
        "exact permutation",
    )


def fair_sums(values: np.ndarray) -> np.ndarray:
    """Law of the sum of whole numbers that are each taken or left by a fair coin, shape (total + 1,)."""
    law = np.ones(1)
    for value in values.tolist():
        wider = np.zeros(len(law) + value)
        wider[: len(law)] += law / 2
        wider[value:] += law / 2
        law = wider
    return law


def whole_units(
    hits_a: np.ndarray, answered_a: np.ndarray, hits_b: np.ndarray, answered_b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares as whole numbers over one denominator; rounded to 1/10,000 where that denominator is large."""
    denominator = int(np.lcm.reduce(np.concatenate([answered_a, answered_b]).astype(np.int64)))
    if 0 < denominator <= 10_000:
        return hits_a * (denominator // answered_a), hits_b * (denominator // answered_b)
    return np.rint(1e4 * hits_a / answered_a).astype(int), np.rint(1e4 * hits_b / answered_b).astype(int)


def subset_sums(values: np.ndarray, size: int) -> np.ndarray:
    """Share of the subsets of `size` elements that have each sum, shape (total + 1,).

    Every element is taken with probability size / len(values), on its own; given that `size` were taken, all subsets
    are equally likely. So the entries stay probabilities, and neither large nor unequal arms leave the floats' range.
    """
    total, taken = int(values.sum()), size / len(values)
    table = np.zeros((size + 1, total + 1))
    table[0, 0] = 1.0
    reach = 0
    for seen, value in enumerate(np.sort(values).tolist(), start=1):
        top = min(size, seen)
        reach += value
        with_it = taken * table[:top, : reach + 1 - value]
        table[: top + 1, : reach + 1] *= 1 - taken
        table[1 : top + 1, value : reach + 1] += with_it
    return np.asarray(table[size] / table[size].sum())


def _independent_drawn(pooled: np.ndarray, n: int, observed: int, centre: Fraction) -> tuple[float, float, str]:
    rng = np.random.default_rng(SEED)
    distance = abs(float(observed - centre))
    two = one = 0
    for _ in range(0, DRAWS, 500):
        picks = rng.random((500, len(pooled))).argpartition(n - 1, axis=1)[:, :n]
        sums = pooled[picks].sum(axis=1)
        two += int((np.abs(sums - float(centre)) >= distance * (1 - 1e-12)).sum())
        one += int((sums >= observed).sum())
    return (1 + two) / (DRAWS + 1), (1 + one) / (DRAWS + 1), drawn_words("seeded permutation", DRAWS)


def independent_interval(a: np.ndarray, b: np.ndarray, confidence: float) -> tuple[float | None, float | None, str]:
    """Welch's t interval of the difference of participants' mean shares."""
    if len(a) < 2 or len(b) < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return None, None, "none"
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    df = float(parts.sum() ** 2 / (parts**2 / np.array([len(a) - 1, len(b) - 1])).sum())
    half = float(stats.t.ppf(0.5 + confidence / 2, df) * np.sqrt(parts.sum()))
    mean = float(a.mean() - b.mean())
    return max(-1.0, mean - half), min(1.0, mean + half), "Welch t over participants"


def paired_interval(
    differences: np.ndarray, units: np.ndarray, mean: float, confidence: float
) -> tuple[float | None, float | None, str]:
    """t interval of the mean difference within participants."""
    n = len(differences)
    if n < 2 or np.ptp(units) == 0:
        return None, None, "none"
    half = mean_half_width(differences, confidence=confidence)
    return max(-1.0, mean - half), min(1.0, mean + half), "t over participants' differences"
