"""Answers of one participant hang together: estimates that take the participant as the unit.

The exact law of random matching is the test; what stands here describes how much participants differ, gives standard
errors under skill, and serves as a check. Input are hits and answers per participant, shape (P,), or 0/1 hits per
participant and category, shape (P, k).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special, stats
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

from analysis.errors import AnalysisError

# Most states that the exact law of Cochran's Q may keep; beyond it only the asymptotic p is given.
COCHRAN_STATES = 200_000
# A fitted logit so far out stands for an infinite one: some answers are all right, or all wrong, whatever their number.
INFINITE_LOGIT = 15.0


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


@dataclass(frozen=True)
class Gee:
    """Marginal logistic model with exchangeable correlation, one cluster per participant."""

    params: list[float]
    se: list[float]
    correlation: float | None
    share_low: float | None
    share_high: float | None
    covariance: str
    status: str
    reason: str


@dataclass(frozen=True)
class CochranQ:
    """Do categories differ? Cochran's Q with its asymptotic and, where feasible, exact conditional p."""

    q: float | None
    df: int | None
    p_asymptotic: float | None
    p_exact: float | None
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
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * se
    t = t_p = wilcoxon = None
    if chance is not None:
        found = stats.ttest_1samp(shares, chance)
        t, t_p = float(found.statistic), float(found.pvalue)
        wilcoxon = _wilcoxon(hits - chance * answered)
    return ClusterSummary(
        mean=mean,
        sd=sd,
        se=se,
        ci_low=max(0.0, mean - half),
        ci_high=min(1.0, mean + half),
        naive_se=naive,
        design_effect=(se / naive) ** 2 if naive > 0 else None,
        icc=_anova_icc(hits, answered),
        t=t,
        t_p_two_sided=t_p,
        wilcoxon_p=wilcoxon,
        status="ok",
        reason="",
    )


def gee(
    hit: np.ndarray,
    participant: np.ndarray,
    design: np.ndarray | None = None,
    *,
    few: int = 40,
    confidence: float = 0.95,
) -> Gee:
    """GEE of 0/1 answers (R,) in clusters `participant` (R,); `design` (R, p) defaults to an intercept.

    Below `few` clusters the bias-reduced covariance (Mancl and DeRouen) is used, else the robust sandwich.
    """
    design = np.ones((len(hit), 1)) if design is None else design
    clusters = len(set(participant.tolist()))
    if hit.min() == hit.max():
        return Gee([], [], None, None, None, "none", "degenerate", "All answers are alike, so the logit is infinite.")
    if clusters < 2:
        return Gee([], [], None, None, None, "none", "too_small", "One participant shows no spread.")
    covariance = "bias_reduced" if clusters < few else "robust"
    if clusters < few and _leans_on_one(participant, design):
        reason = "One participant decides a coefficient alone."
        return Gee([], [], None, None, None, covariance, "degenerate", reason)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = GEE(hit.astype(float), design, groups=participant, family=Binomial(), cov_struct=Exchangeable())
            fit = model.fit(maxiter=200, cov_type=covariance)
            se = fit.standard_errors(cov_type=covariance)
        found = bool(np.isfinite(fit.params).all() and np.isfinite(se).all())
        found = found and float(np.abs(design @ fit.params).max()) < INFINITE_LOGIT
    except np.linalg.LinAlgError:
        found = False
    if not found:
        reason = "The model does not converge on these answers."
        return Gee([], [], None, None, None, covariance, "degenerate", reason)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    ends = [float(special.expit(fit.params[0] + sign * z * se[0])) for sign in (-1, 1)]
    return Gee(
        params=[float(p) for p in fit.params],
        se=[float(s) for s in se],
        correlation=float(fit.cov_struct.dep_params),
        share_low=ends[0],
        share_high=ends[1],
        covariance=covariance,
        status="ok",
        reason="",
    )


@dataclass(frozen=True)
class OrderAdjusted:
    """Log odds ratio of one arm against the other with the number of the trial held constant."""

    log_odds_ratio: float
    se: float
    p_value: float
    covariance: str


def _leans_on_one(participant: np.ndarray, design: np.ndarray) -> bool:
    """Whether some coefficient cannot be told without one of the participants.

    Then that participant has leverage 1, and the bias-reduced covariance divides by 1 - leverage: by zero, or by
    whatever rounding on this processor makes of it.
    """
    rank = np.linalg.matrix_rank(design)
    return any(np.linalg.matrix_rank(design[participant != person]) < rank for person in np.unique(participant))


def adjusted_for_order(
    hit: np.ndarray, first: np.ndarray, trial: np.ndarray, participant: np.ndarray
) -> OrderAdjusted | None:
    """GEE of 0/1 answers (R,) on arm (`first`, 0/1) and number of the trial; None where it cannot be told apart.

    p: t with participants - 3 degrees of freedom, for three coefficients are fitted.
    """
    design = np.column_stack([np.ones(len(hit)), first, trial - trial.mean()]).astype(float)
    people = len(set(participant.tolist()))
    if len(set(trial.tolist())) < 2 or people < 4 or np.linalg.matrix_rank(design) < 3:
        return None
    fit = gee(hit, participant, design)
    if fit.status != "ok":
        return None
    p_value = float(2 * stats.t.sf(abs(fit.params[1] / fit.se[1]), people - 3))
    return OrderAdjusted(fit.params[1], fit.se[1], p_value, fit.covariance)


def cochran_q(hits: np.ndarray) -> CochranQ:
    """Cochran's Q of 0/1 hits (P, k): are some categories easier? Exact p: hits permuted within participants."""
    people, k = hits.shape
    rows, columns = hits.sum(axis=1).astype(int), hits.sum(axis=0).astype(int)
    spread = k * int(rows.sum()) - int((rows**2).sum())
    if k < 2 or people == 0 or spread == 0:
        return CochranQ(
            None, None, None, None, "not_applicable", "No participant has some categories right and some not."
        )
    q = _q(columns, spread, k)
    exact = _cochran_exact(Counter(rows[(rows > 0) & (rows < k)].tolist()), k, columns, int((rows == k).sum()))
    reason = "" if exact is not None else "Too many participants for the exact permutation; the p is asymptotic."
    return CochranQ(q, k - 1, float(stats.chi2.sf(q, k - 1)), exact, "ok", reason)


def _q(columns: Iterable[int], spread: int, k: int) -> float:
    values = np.array(list(columns), dtype=float)
    return float((k - 1) * (k * (values**2).sum() - values.sum() ** 2) / spread)


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
    law = np.ones(1)
    for rank in ranks.tolist():
        wider = np.zeros(len(law) + rank)
        wider[: len(law)] += law / 2
        wider[rank:] += law / 2
        law = wider
    return float(law[observed:][::-1].sum())
