"""Human results beside model metrics: what may be said about their relation with so few categories.

Below five categories no correlation can be significant, so values are shown and no p; from five to nine an exact
permutation p over all orders; from ten on also a bootstrap interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy import stats

FEWEST = 5
BOOTSTRAP_FROM = 10
EXACT_UP_TO = 9
DRAWS = 20_000
SEED = 20_260_108


@dataclass(frozen=True)
class RankRelation:
    """Spearman's and Kendall's coefficient of two values per category, with what n allows to say."""

    n: int
    spearman: float | None
    kendall: float | None
    p_value: float | None
    ci_low: float | None
    ci_high: float | None
    status: str
    reason: str


@dataclass(frozen=True)
class PairedScores:
    """Two models' scores of the same labels: is one lower?"""

    n: int
    mean_difference: float
    lower_in_second: int
    wilcoxon: float
    wilcoxon_p: float
    t: float
    t_p: float
    d_z: float
    sign_p: float
    rankwise_all_lower: bool


def rank_relation(x: Sequence[float], y: Sequence[float], *, confidence: float = 0.95) -> RankRelation:
    """Relation of two values per category; the p-value is two-sided."""
    a, b = np.array(x, dtype=float), np.array(y, dtype=float)
    n = len(a)
    if n < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        reason = "Too few categories." if n < 3 else "One of the two has the same value for every category."
        return RankRelation(n, None, None, None, None, None, "too_small" if n < 3 else "degenerate", reason)
    spearman, kendall = float(stats.spearmanr(a, b).statistic), float(stats.kendalltau(a, b).statistic)
    if n < FEWEST:
        least = spearman_p(np.arange(n), np.arange(n))
        reason = (
            f"With {n} categories even a perfect order has p = {least:.3f} two-sided, so no correlation could be "
            f"called significant."
        )
        return RankRelation(n, spearman, kendall, None, None, None, "too_small", reason)
    low = high = None
    if n >= BOOTSTRAP_FROM:
        low, high = _bootstrap(a, b, confidence)
    reason = "" if n >= BOOTSTRAP_FROM else "Too few categories for an interval."
    return RankRelation(n, spearman, kendall, spearman_p(a, b), low, high, "ok", reason)


def spearman_p(x: np.ndarray, y: np.ndarray) -> float:
    """Two-sided permutation p of Spearman's coefficient: all orders up to nine categories, else seeded draws."""
    a = stats.rankdata(x) - (len(x) + 1) / 2
    b = stats.rankdata(y) - (len(y) + 1) / 2
    observed = abs(float(a @ b)) - 1e-9
    if len(a) <= EXACT_UP_TO:
        orders = np.array(list(permutations(range(len(a)))))
        return float((np.abs(b[orders] @ a) >= observed).mean())
    rng = np.random.default_rng(SEED)
    drawn = rng.permuted(np.tile(b, (DRAWS, 1)), axis=1)
    return float((1 + (np.abs(drawn @ a) >= observed).sum()) / (DRAWS + 1))


def paired_scores(first: Sequence[float], second: Sequence[float]) -> PairedScores:
    """Compare two scores per label, e.g. GIILS of two models."""
    a, b = np.array(first, dtype=float), np.array(second, dtype=float)
    differences = a - b
    wilcoxon = stats.wilcoxon(np.round(differences, 10), method="exact")
    t = stats.ttest_rel(a, b)
    lower = int((differences > 0).sum())
    return PairedScores(
        n=len(a), mean_difference=float(differences.mean()), lower_in_second=lower,
        wilcoxon=float(wilcoxon.statistic), wilcoxon_p=float(wilcoxon.pvalue), t=float(t.statistic),
        t_p=float(t.pvalue), d_z=float(differences.mean() / differences.std(ddof=1)),
        sign_p=float(stats.binomtest(lower, int((differences != 0).sum()), 0.5).pvalue),
        rankwise_all_lower=bool((np.sort(b) < np.sort(a)).all()),
    )  # fmt: skip


def _bootstrap(a: np.ndarray, b: np.ndarray, confidence: float) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    picks = rng.integers(0, len(a), size=(DRAWS, len(a)))
    x, y = stats.rankdata(a[picks], axis=1), stats.rankdata(b[picks], axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    values = np.divide((x * y).sum(axis=1), scale, out=np.zeros(DRAWS), where=scale > 0)[scale > 0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
