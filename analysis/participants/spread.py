"""Answers of one participant hang together: estimates that take the participant as the unit.

The exact law of random matching is the test; what stands here describes how much participants differ, gives standard
errors under skill, and serves as a check. Input are hits and answers per participant, shape (P,), or 0/1 hits per
participant and category, shape (P, k).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.compare import fair_sums
from analysis.errors import AnalysisError
from analysis.intervals import t_interval


@dataclass(frozen=True)
class ClusterSummary:
    """Mean of the participants' shares, with what their spread says."""

    mean: float
    sd: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    naive_se: float
    design_effect: float | None
    icc: float | None
    t: float | None
    t_p_two_sided: float | None
    wilcoxon_p: float | None
    status: str
    reason: str


def cluster_summary(
    hits: np.ndarray, answered: np.ndarray, *, chance: float | None = None, confidence: float = 0.95
) -> ClusterSummary:
    """Participants' shares: mean, t interval, design effect against binomial answers, ICC, tests against chance."""
    kept = answered > 0
    hits, answered = hits[kept].astype(float), answered[kept].astype(float)
    n = len(hits)
    if n == 0:
        raise AnalysisError("There is no participant with an answer.")
    shares = hits / answered
    mean, total = float(shares.mean()), float(answered.sum())
    pooled = float(hits.sum()) / total
    naive = float(np.sqrt(pooled * (1 - pooled) / total))
    if n < 2 or np.ptp(shares) == 0:
        reason = "One participant shows no spread." if n < 2 else "All participants have the same share, so no spread."
        status = "too_small" if n < 2 else "degenerate"
        return ClusterSummary(mean, None, None, None, None, naive, None, None, None, None, None, status, reason)
    sd = float(shares.std(ddof=1))
    se = sd / float(np.sqrt(n))
    low, high = t_interval(mean, se, n - 1, low=0.0, high=1.0, confidence=confidence)
    t = t_p = wilcoxon = None
    if chance is not None:
        found = stats.ttest_1samp(shares, chance)
        t, t_p = float(found.statistic), float(found.pvalue)
        wilcoxon = _wilcoxon(hits - chance * answered)
    return ClusterSummary(
        mean=mean, sd=sd, se=se, ci_low=low, ci_high=high, naive_se=naive,
        design_effect=(se / naive) ** 2 if naive > 0 else None, icc=_anova_icc(hits, answered), t=t,
        t_p_two_sided=t_p, wilcoxon_p=wilcoxon, status="ok", reason="",
    )  # fmt: skip


def _anova_icc(hits: np.ndarray, answered: np.ndarray) -> float | None:
    """One-way ANOVA intraclass correlation of 0/1 answers within participants."""
    n, total = len(hits), float(answered.sum())
    if total <= n:
        return None
    share = float(hits.sum()) / total
    between = float((answered * (hits / answered - share) ** 2).sum()) / (n - 1)
    within = float((hits * (1 - hits / answered)).sum()) / (total - n)
    size = (total - float((answered**2).sum()) / total) / (n - 1)
    whole = between + (size - 1) * within
    return (between - within) / whole if whole > 0 else None


def _wilcoxon(differences: np.ndarray) -> float | None:
    """One-sided exact signed-rank p with midranks and without zeros, by convolution over the signs."""
    values = differences[np.abs(differences) > 1e-12]
    if not len(values) or len(values) > 500:
        return None
    ranks = np.rint(2 * stats.rankdata(np.round(np.abs(values), 12))).astype(int)
    observed = int(ranks[values > 0].sum())
    return float(fair_sums(ranks)[observed:][::-1].sum())
