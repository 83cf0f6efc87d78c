"""Cochran's Q over participants: exact where its states are few."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

# Most states that the exact law of Cochran's Q may keep; beyond it only the asymptotic p is given.
COCHRAN_STATES = 200_000


@dataclass(frozen=True)
class CochranQ:
    """Do categories differ? Cochran's Q with its asymptotic and, where feasible, exact conditional p."""

    q: float | None
    df: int | None
    p_asymptotic: float | None
    p_exact: float | None
    status: str
    reason: str


def cochran_q(hits: np.ndarray) -> CochranQ:
    """Cochran's Q of 0/1 hits (P, k): are some categories easier? Exact p: hits permuted within participants."""
    people, k = hits.shape
    rows, columns = hits.sum(axis=1).astype(int), hits.sum(axis=0).astype(int)
    spread = k * int(rows.sum()) - int((rows**2).sum())
    if k < 2 or people == 0 or spread == 0:
        reason = "No participant has some categories right and some not."
        return CochranQ(None, None, None, None, "not_applicable", reason)
    values = columns.astype(float)
    q = float((k - 1) * (k * (values**2).sum() - values.sum() ** 2) / spread)
    exact = _cochran_exact(Counter(rows[(rows > 0) & (rows < k)].tolist()), k, columns, int((rows == k).sum()))
    reason = "" if exact is not None else "Too many participants for the exact permutation; the p is asymptotic."
    return CochranQ(q, k - 1, float(stats.chi2.sf(q, k - 1)), exact, "ok", reason)


def _cochran_exact(patterns: Counter[int], k: int, columns: np.ndarray, full: int) -> float | None:
    """P(sum of squared column totals >= observed) when each participant's hits fall on any categories."""
    target = int((columns**2).sum())
    law: Counter[tuple[int, ...]] = Counter({(full,) * k: 1})
    ways = 1
    for size, times in sorted(patterns.items()):
        subsets = list(combinations(range(k), size))
        for _ in range(times):
            following: Counter[tuple[int, ...]] = Counter()
            for state, weight in law.items():
                for subset in subsets:
                    moved = list(state)
                    for axis in subset:
                        moved[axis] += 1
                    # Only the multiset of column totals matters for Q, so states are kept sorted.
                    following[tuple(sorted(moved))] += weight
            law = following
            ways *= len(subsets)
            if len(law) * len(subsets) > COCHRAN_STATES:
                return None
    return sum(weight for state, weight in law.items() if sum(v * v for v in state) >= target) / ways
