"""Do two arms, models or published tables differ? The participant is the unit, never the single answer.

With two identical one-to-one groups a test on single answers calls a difference in 12 to 18 % of studies at alpha =
.05, because one participant's matches hang together. The exact permutation of participants (independent arms) or of the
two arms within participants (the same people) holds its size; both are found by dynamic programming, without
enumeration.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import integrate, stats

from analysis.compare import permutations
from analysis.errors import AnalysisError
from analysis.intervals import cohen_h
from analysis.reading import answers_from


@dataclass(frozen=True)
class Comparison:
    """Share correct of arm a minus that of arm b, over participants."""

    a: str
    b: str
    same_participants: bool
    n_a: int
    n_b: int
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    p_one_sided: float | None
    cliffs_delta: float | None
    hedges_g: float | None
    cohen_h: float | None
    method: str
    ci_method: str
    status: str
    reason: str
    d_z: float | None = None


def compare_arms(
    responses: pd.DataFrame, a: str, b: str, *, same_participants: bool, confidence: float = 0.95
) -> Comparison:
    """Compare the shares correct of two arms, the participant being the unit.

    Parameters
    ----------
    responses : tidy frame with both arms, excluded rows already left out
    a, b : names of the arms
    same_participants : True when the same people answered both arms, False when nobody answered both; it must be said
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Comparison : difference of shares (a less b, -1 to 1), two-sided and one-sided permutation p, effect sizes.

    Raises
    ------
    AnalysisError
        the names in the two arms contradict `same_participants`.
    ResponsesError
        the frame does not hold what it must.

    References
    ----------
    Fisher (1935) and Pitman (1937) for permutation of participants.
    """
    rows = {name: responses[responses["arm"] == name] for name in (a, b)}
    first, second = answers_from(rows[a]), answers_from(rows[b])
    shared = set(first.participants) & set(second.participants)
    if same_participants and (shared != set(first.participants) or shared != set(second.participants)):
        lonely = (set(first.participants) | set(second.participants)) - shared
        raise AnalysisError(f"Participant '{sorted(lonely)[0]}' answered only one of the arms '{a}' and '{b}'.")
    if not same_participants and shared:
        raise AnalysisError(f"Participant '{sorted(shared)[0]}' answered both arms: same_participants must be True.")
    names = first.participants if same_participants else second.participants
    rows_b = second.rows_of(names)
    return compare_scores(
        a, b, first.hits_by_participant, first.answers_by_participant, second.hits_by_participant[rows_b],
        second.answers_by_participant[rows_b], same_participants=same_participants, confidence=confidence,
    )  # fmt: skip


def compare_scores(
    a: str,
    b: str,
    hits_a: np.ndarray,
    answered_a: np.ndarray,
    hits_b: np.ndarray,
    answered_b: np.ndarray,
    *,
    same_participants: bool,
    confidence: float = 0.95,
) -> Comparison:
    """`compare_arms` from hits and answers per participant; with the same people both arms are in the same order."""
    if same_participants:
        kept = (answered_a > 0) & (answered_b > 0)
        hits_a, answered_a, hits_b, answered_b = hits_a[kept], answered_a[kept], hits_b[kept], answered_b[kept]
    else:
        hits_a, answered_a = hits_a[answered_a > 0], answered_a[answered_a > 0]
        hits_b, answered_b = hits_b[answered_b > 0], answered_b[answered_b > 0]
    n_a, n_b = len(hits_a), len(hits_b)
    if not n_a or not n_b:
        return Comparison(
            a, b, same_participants, n_a, n_b, None, None, None, None, None, None, None, None, "none", "none",
            "too_small", "One of the arms has no answers.",
        )  # fmt: skip
    shares_a, shares_b = hits_a / answered_a, hits_b / answered_b
    difference = float(shares_a.mean() - shares_b.mean())
    units_a, units_b = permutations.whole_units(hits_a, answered_a, hits_b, answered_b)
    if same_participants:
        two_sided, one_sided, method = permutations.paired_permutation(units_a - units_b)
        gaps = shares_a - shares_b
        low, high, ci_method = permutations.paired_interval(gaps, units_a - units_b, difference, confidence)
    else:
        two_sided, one_sided, method = permutations.independent_permutation(units_a, units_b)
        low, high, ci_method = permutations.independent_interval(shares_a, shares_b, confidence)
    status, reason = "ok", ""
    if min(n_a, n_b) < 2 or low is None:
        status, reason = "too_small", "An interval needs two participants in each arm who differ."
    return Comparison(
        a, b, same_participants, n_a, n_b, difference, low, high, two_sided, one_sided,
        None if same_participants else cliffs_delta(shares_a, shares_b),
        None if same_participants else hedges_g(shares_a, shares_b),
        cohen_h(float(shares_a.mean()), float(shares_b.mean())), method, ci_method, status, reason,
        d_z(shares_a - shares_b) if same_participants else None,
    )  # fmt: skip


def d_z(differences: np.ndarray) -> float | None:
    """Mean over standard deviation of the differences within participants (n,); None where they do not differ."""
    if len(differences) < 2 or np.ptp(differences) < 1e-12:
        return None
    return float(differences.mean() / differences.std(ddof=1))


def cliffs_delta(a: np.ndarray, b: np.ndarray) -> float:
    """P(a > b) - P(a < b) over all pairs of participants."""
    ranks = np.searchsorted(np.sort(b), a, side="left") + np.searchsorted(np.sort(b), a, side="right")
    return float(ranks.sum()) / (len(a) * len(b)) - 1


def hedges_g(a: np.ndarray, b: np.ndarray) -> float | None:
    """Standardised difference of means with the small-sample factor; None without spread."""
    n, m = len(a), len(b)
    if n < 2 or m < 2:
        return None
    pooled = float(np.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)))
    return float(a.mean() - b.mean()) / pooled * (1 - 3 / (4 * (n + m) - 9)) if pooled > 0 else None


def probability_higher(hits_a: int, n_a: int, hits_b: int, n_b: int) -> float:
    """P(rate a > rate b) with independent Jeffreys posteriors."""
    a, b = stats.beta(hits_a + 0.5, n_a - hits_a + 0.5), stats.beta(hits_b + 0.5, n_b - hits_b + 0.5)
    # Integrated over b's quantiles, where the integrand has no singular ends.
    value, _ = integrate.quad(lambda q: float(a.sf(b.ppf(q))), 0, 1, epsabs=1e-12, epsrel=1e-10, limit=400)
    return float(value)
