"""Do two arms, models or published tables differ? The participant is the unit, never the single answer.

With two identical one-to-one groups a test on single answers calls a difference in 12 to 18 % of studies at alpha =
.05, because one participant's matches hang together. The exact permutation of participants (independent arms) or of the
two arms within participants (the same people) holds its size; both are found by dynamic programming, without
enumeration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import integrate, stats

from analysis.errors import AnalysisError
from analysis.intervals import cohen_h, holm, newcombe_interval
from analysis.reading.answers import Answers, answers_from

DRAWS = 20_000
SEED = 20_260_106
# Most additions that an exact recursion may take (about 0.4 s); beyond it permutations are drawn.
EXACT_WORK = 500_000_000


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


@dataclass(frozen=True)
class MatrixComparison:
    """Do the whole confusion matrices differ? G2 between rows, participants permuted."""

    statistic: float | None
    p_value: float | None
    draws: int
    status: str
    reason: str


@dataclass(frozen=True)
class CategoryComparison:
    """One category of two arms: difference with interval and exact p, corrected by Holm.

    With several answers per participant, or the same people, the difference is that of participants' mean shares.
    """

    category: str
    correct_a: int
    n_a: int
    correct_b: int
    n_b: int
    difference: float
    ci_low: float | None
    ci_high: float | None
    p_value: float
    p_holm: float
    method: str
    ci_method: str


def compare_arms(
    responses: pd.DataFrame, a: str, b: str, *, same_participants: bool, confidence: float = 0.95
) -> Comparison:
    """Compare arms `a` and `b` of a tidy frame (excluded rows already left out).

    `same_participants` must be said: True when the same people answered both arms, False when nobody answered both.

    Raises:
        AnalysisError: the names in the two arms contradict `same_participants`.
    """
    rows = {name: responses[responses["arm"] == name] for name in (a, b)}
    first, second = answers_from(rows[a]), answers_from(rows[b])
    shared = set(first.participants) & set(second.participants)
    if same_participants and (shared != set(first.participants) or shared != set(second.participants)):
        lonely = (set(first.participants) | set(second.participants)) - shared
        raise AnalysisError(f"Participant '{sorted(lonely)[0]}' answered only one of the arms '{a}' and '{b}'.")
    if not same_participants and shared:
        raise AnalysisError(f"Participant '{sorted(shared)[0]}' answered both arms: same_participants must be True.")
    if same_participants:
        order = {name: i for i, name in enumerate(second.participants)}
        index = np.array([order[name] for name in first.participants], dtype=int)
        return compare_scores(
            a, b, first.hits_by_participant, first.answers_by_participant,
            second.hits_by_participant[index], second.answers_by_participant[index],
            same_participants=True, confidence=confidence,
        )  # fmt: skip
    return compare_scores(
        a, b, first.hits_by_participant, first.answers_by_participant, second.hits_by_participant,
        second.answers_by_participant, same_participants=False, confidence=confidence,
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
    units_a, units_b = _whole_units(hits_a, answered_a, hits_b, answered_b)
    if same_participants:
        two_sided, one_sided, method = paired_permutation(units_a - units_b)
        low, high, ci_method = _paired_interval(shares_a - shares_b, units_a - units_b, difference, confidence)
    else:
        two_sided, one_sided, method = independent_permutation(units_a, units_b)
        low, high, ci_method = _independent_interval(shares_a, shares_b, confidence)
    status, reason = "ok", ""
    if min(n_a, n_b) < 2 or low is None:
        status, reason = "too_small", "An interval needs two participants in each arm who differ."
    return Comparison(
        a, b, same_participants, n_a, n_b, difference, low, high, two_sided, one_sided,
        cliffs_delta(shares_a, shares_b), None if same_participants else hedges_g(shares_a, shares_b),
        cohen_h(float(shares_a.mean()), float(shares_b.mean())), method, ci_method, status, reason,
    )  # fmt: skip


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
        return two, (1 + int((sums >= observed).sum())) / (DRAWS + 1), "seeded permutation"
    law = np.ones(1)
    for value in moving.tolist():
        wider = np.zeros(len(law) + 2 * value)
        wider[: len(law)] += law / 2
        wider[2 * value :] += law / 2
        law = wider
    sums = np.arange(-total, total + 1)
    return (
        float(min(1.0, law[np.abs(sums) >= abs(observed)].sum())),
        float(law[sums >= observed].sum()),
        "exact permutation",
    )


def compare_matrices(
    first: Answers, second: Answers, *, same_participants: bool, draws: int = DRAWS
) -> MatrixComparison:
    """Whole-matrix difference: participants are dealt out again (or, the same people, their two matrices swapped)."""
    if first.categories != second.categories:
        raise AnalysisError("The two arms have different categories, so their matrices cannot be compared.")
    one, two = participant_matrices(first), participant_matrices(second)
    if not len(one) or not len(two):
        return MatrixComparison(None, None, 0, "too_small", "One of the arms has no answers.")
    rng = np.random.default_rng(SEED)
    draws = max(200, min(draws, 200_000_000 // max(1, (len(one) + len(two)) * one.shape[1])))
    if same_participants:
        order = {name: i for i, name in enumerate(second.participants)}
        two = two[[order[name] for name in first.participants]]
        observed = row_g2(one.sum(axis=0)[None], two.sum(axis=0)[None], len(first.categories))[0]
        swap = rng.integers(0, 2, size=(draws, len(one))).astype(float)
        total = one.sum(axis=0) + two.sum(axis=0)
        left = one.sum(axis=0)[None] + swap @ (two - one)
    else:
        pooled = np.concatenate([one, two])
        total = pooled.sum(axis=0)
        observed = row_g2(one.sum(axis=0)[None], two.sum(axis=0)[None], len(first.categories))[0]
        chosen = rng.random((draws, len(pooled))).argsort(axis=1).argsort(axis=1) < len(one)
        left = chosen.astype(float) @ pooled
    values = row_g2(left, total[None] - left, len(first.categories))
    p = (1 + int((values >= observed * (1 - 1e-9)).sum())) / (draws + 1)
    return MatrixComparison(float(observed), p, draws, "ok", "")


def compare_categories(
    first: Answers, second: Answers, *, same_participants: bool = False, confidence: float = 0.95
) -> list[CategoryComparison]:
    """Category by category, Holm-corrected over the categories that both arms answered.

    Where everyone answered each category once and nobody answered both arms this is Fisher's test with Newcombe's
    interval; else the exact permutation of participants, with its interval over participants.
    """
    single = not any((arm.answers_by_category > 1).any() for arm in (first, second))
    rows = []
    for c, name in enumerate(first.categories):
        x, n = int(first.hits_by_category[:, c].sum()), int(first.answers_by_category[:, c].sum())
        y, m = int(second.hits_by_category[:, c].sum()), int(second.answers_by_category[:, c].sum())
        if not n or not m:
            continue
        found = (
            _fisher_category(x, n, y, m, confidence=confidence)
            if single and not same_participants
            else _permuted_category(first, second, c, same_participants, confidence)
        )
        if found:
            difference, low, high, p, method, ci_method = found
            rows.append(CategoryComparison(name, x, n, y, m, difference, low, high, p, p, method, ci_method))
    adjusted = holm([row.p_value for row in rows])
    return [replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True)]


def _fisher_category(
    x: int, n: int, y: int, m: int, *, confidence: float
) -> tuple[float, float | None, float | None, float, str, str]:
    """Difference, interval, p, test and kind of interval of x of n against y of m, answered once by everyone."""
    p = float(stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue)
    low, high = newcombe_interval(x, n, y, m, confidence=confidence)
    return x / n - y / m, low, high, p, "Fisher's exact test", "Newcombe"


def _permuted_category(
    first: Answers, second: Answers, c: int, same: bool, confidence: float
) -> tuple[float, float | None, float | None, float, str, str] | None:
    """The same for several answers each or for the same people; None where no participant has both."""
    mine, theirs = np.arange(first.n_participants), np.arange(second.n_participants)
    if same:
        place = {name: i for i, name in enumerate(second.participants)}
        mine = np.array([i for i, name in enumerate(first.participants) if name in place], dtype=int)
        theirs = np.array([place[first.participants[i]] for i in mine], dtype=int)
    found = compare_scores(
        "a", "b", first.hits_by_category[mine, c], first.answers_by_category[mine, c],
        second.hits_by_category[theirs, c], second.answers_by_category[theirs, c],
        same_participants=same, confidence=confidence,
    )  # fmt: skip
    if found.difference is None or found.p_value is None:
        return None
    return found.difference, found.ci_low, found.ci_high, found.p_value, found.method, found.ci_method


def participant_matrices(answers: Answers) -> np.ndarray:
    """Flattened confusion matrix of every participant, (P, k * k)."""
    k = len(answers.categories)
    rows = answers.answered
    flat = answers.participant[rows] * k * k + answers.heard[rows] * k + answers.chosen[rows]
    return np.bincount(flat, minlength=answers.n_participants * k * k).reshape(-1, k * k).astype(float)


def row_g2(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """Sum over rows of the likelihood-ratio statistic between two matrices, (draws, k * k) each."""

    def part(table: np.ndarray) -> np.ndarray:
        rows = table.reshape(len(table), k, k)
        sums = rows.sum(axis=2, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(rows > 0, rows * np.log(rows / sums), 0.0).sum(axis=(1, 2))

    return 2 * (part(first) + part(second) - part(first + second))


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


def _whole_units(
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
    return (1 + two) / (DRAWS + 1), (1 + one) / (DRAWS + 1), "seeded permutation"


def _independent_interval(a: np.ndarray, b: np.ndarray, confidence: float) -> tuple[float | None, float | None, str]:
    """Welch's t interval of the difference of participants' mean shares."""
    if len(a) < 2 or len(b) < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return None, None, "none"
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    df = float(parts.sum() ** 2 / (parts**2 / np.array([len(a) - 1, len(b) - 1])).sum())
    half = float(stats.t.ppf(0.5 + confidence / 2, df) * np.sqrt(parts.sum()))
    mean = float(a.mean() - b.mean())
    return max(-1.0, mean - half), min(1.0, mean + half), "Welch t over participants"


def _paired_interval(
    differences: np.ndarray, units: np.ndarray, mean: float, confidence: float
) -> tuple[float | None, float | None, str]:
    """t interval of the mean difference within participants."""
    n = len(differences)
    if n < 2 or np.ptp(units) == 0:
        return None, None, "none"
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1) * differences.std(ddof=1) / np.sqrt(n))
    return max(-1.0, mean - half), min(1.0, mean + half), "t over participants' differences"
