"""Mantel test: do categories that sound and look alike in the joint space get confused by people?"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.errors import MetricError

FEWEST = 6
EXACT_UP_TO = 8
SLACK = 1e-12


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean()
    return centred / np.linalg.norm(centred)


@dataclass(frozen=True)
class Mantel:
    """Correlation of two tables over pairs of categories, tested by permuting the categories of one.

    rho       Spearman correlation over the k(k-1)/2 pairs
    p_value   one-sided, P(null >= rho): categories that sound and look alike are expected to be confused more
    """

    rho: float | None
    p_value: float | None
    n_categories: int
    n_pairs: int
    method: str
    status: str = "ok"
    reason: str = ""


def mantel(a: ArrayLike, b: ArrayLike, *, draws: int = 9_999, seed: int = 0) -> Mantel:
    """Mantel test of two symmetric (k, k) tables; below 6 categories there are too few pairs and it says so.

    Raises:
        MetricError: tables that are not square, of one size, symmetric and finite.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 2 or first.shape[0] != first.shape[1]:
        raise MetricError(f"mantel: two square tables of one size are needed, got {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise MetricError("mantel: a value is not a finite number")
    if not (np.allclose(first, first.T) and np.allclose(second, second.T)):
        raise MetricError("mantel: a table is not symmetric")
    k = len(first)
    upper = np.triu_indices(k, 1)
    pairs = len(upper[0])
    if k < FEWEST:
        reason = f"{k} categories have {pairs} pairs: at least {FEWEST} categories are needed"
        return Mantel(None, None, k, pairs, "none", "too_small", reason)
    if np.ptp(first[upper]) == 0 or np.ptp(second[upper]) == 0:
        return Mantel(None, None, k, pairs, "none", "degenerate", "one of the tables is the same for all pairs")
    ranks = np.zeros((2, k, k))
    for place, table in enumerate((first, second)):
        ranks[place][upper] = _standard(stats.rankdata(table[upper]))
        ranks[place] += ranks[place].T
    rho = float((ranks[0] * ranks[1]).sum() / 2)
    exact = k <= EXACT_UP_TO
    if exact:
        orders = np.array(list(itertools.permutations(range(k))))
    else:
        orders = np.random.default_rng(seed).permuted(np.tile(np.arange(k), (draws, 1)), axis=1)
    hits = 0
    for start in range(0, len(orders), 2_000):
        part = orders[start : start + 2_000]
        drawn = (ranks[1][part[:, :, None], part[:, None, :]] * ranks[0]).sum(axis=(1, 2)) / 2
        hits += int((drawn >= rho - SLACK).sum())
    p_value = hits / len(orders) if exact else (1 + hits) / (1 + draws)
    return Mantel(rho, p_value, k, pairs, "exact" if exact else "monte_carlo")
