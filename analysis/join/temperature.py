"""One number for how far human choices follow the joint space: the coefficient of similarity in a conditional logit.

Conventions
    Free boards: P(image j | clip i) is proportional to exp(beta * cosine), over the images on the board.
    One-to-one boards: P(assignment) is proportional to exp(beta * total cosine of its pairs), over all assignments of
    the board; the divisor is a permanent, computed exactly.
    beta = 0 means that similarity says nothing about choices; 1 / beta is the human temperature.
    Interval: profile likelihood, which takes every board as independent; the standard error and p-value are robust to
    whatever ties the answers of one participant together.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from analysis.errors import MetricError
from analysis.join.boards import ShownBoard

Floats = NDArray[np.float64]
MAX_ARRANGEMENTS = 50_000
FEW_PARTICIPANTS = 10


@dataclass(frozen=True)
class ChoiceSet:
    """One choice among arrangements, each with its total cosine.

    totals    (A,) total of every possible arrangement; `taken` is the total of the one that was chosen
    """

    participant: str
    totals: Floats
    taken: float


@dataclass(frozen=True)
class _Group:
    """Different choice sets of one number of arrangements.

    totals (n, A); times (n,) how often each was answered; taken: sum of the totals that were chosen
    """

    totals: Floats
    times: Floats
    taken: float


_Groups = list[_Group]


@dataclass(frozen=True)
class Temperature:
    """Conditional logit of choices on cosine similarity.

    beta, se         coefficient and its participant-robust standard error; `temperature` is 1 / beta where beta > 0
    ci_low, ci_high  profile interval; an end that does not exist is None
    p_value          two-sided robust t test of beta = 0, participants - 1 degrees of freedom
    log_likelihood, log_likelihood_null   at beta and at 0
    """

    beta: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    temperature: float | None
    p_value: float | None
    log_likelihood: float | None
    log_likelihood_null: float | None
    n_choices: int
    n_participants: int
    method: str
    status: str = "ok"
    reason: str = ""


def free_choices(participant: str, similarity: ArrayLike, chosen: Sequence[int]) -> list[ChoiceSet]:
    """Choices of a free board: one for each answered clip.

    Args:
        similarity: (k, m); chosen: (k,) column chosen for each clip, -1 for none.
    """
    table = np.asarray(similarity, dtype=np.float64)
    return [
        ChoiceSet(participant, row, float(row[place])) for row, place in zip(table, chosen, strict=True) if place >= 0
    ]


def one_to_one_choice(participant: str, similarity: ArrayLike, chosen: Sequence[int]) -> ChoiceSet:
    """The one choice of a complete one-to-one board: its assignment among all of them.

    Raises:
        MetricError: an unanswered clip, an image used twice, or more than 50,000 assignments.
    """
    table = np.asarray(similarity, dtype=np.float64)
    k, m = table.shape
    if -1 in chosen or len(set(chosen)) != k:
        raise MetricError("a one-to-one board needs a different image for every clip")
    if math.perm(m, k) > MAX_ARRANGEMENTS:
        raise MetricError(f"a board of {k} clips and {m} images has {math.perm(m, k)} assignments: too many to weigh")
    orders = np.array(list(itertools.permutations(range(m), k)))
    rows = np.arange(k)
    return ChoiceSet(participant, table[rows, orders].sum(axis=1), float(table[rows, list(chosen)].sum()))


def board_choices(board: ShownBoard, similarity: ArrayLike, *, one_to_one: bool) -> list[ChoiceSet]:
    """The choices of one board of either design.

    Raises:
        MetricError: as `one_to_one_choice`.
    """
    if one_to_one:
        return [one_to_one_choice(board.participant, similarity, board.chosen)]
    return free_choices(board.participant, similarity, board.chosen)


def fit_temperature(choices: Sequence[ChoiceSet], *, method: str, confidence: float = 0.95) -> Temperature:
    """Maximum likelihood of beta with its profile interval and robust error."""
    people = sorted({choice.participant for choice in choices})
    n, n_people = len(choices), len(people)
    if not choices:
        return _without_value(0, 0, method, "too_small", "no board whose images are known")
    groups = _merge(choices)
    lowest, highest, taken, slack = _range_of(groups, n)
    if highest - lowest <= slack:
        return _without_value(n, n_people, method, "degenerate", "all images are equally similar to all clips")
    null = _log_likelihood(0.0, groups)
    drop = float(stats.chi2.ppf(confidence, 1)) / 2
    if taken >= highest - slack or taken <= lowest + slack:
        upwards = taken >= highest - slack
        at_limit = _limit_likelihood(groups, upwards)
        end = _profile_end(groups, at_limit - drop, 0.0, 1.0 if upwards else -1.0, rising=True)
        reason = (
            "every choice is the most similar possible: beta has no upper bound"
            if upwards
            else "every choice is the least similar possible: beta has no lower bound"
        )
        low, high = (end, None) if upwards else (None, end)
        return Temperature(None, None, low, high, None, None, at_limit, null, n, n_people, method, "degenerate", reason)
    beta = _solve(groups, taken)
    peak = _log_likelihood(beta, groups)
    low = _profile_end(groups, peak - drop, beta, -1.0, rising=False)
    high = _profile_end(groups, peak - drop, beta, 1.0, rising=False)
    se = _robust_se(beta, choices, people)
    p_value = None if se is None else float(2 * stats.t.sf(abs(beta) / se, n_people - 1))
    reason = "" if n_people >= FEW_PARTICIPANTS else f"{n_people} participants: the robust error is rough below ten"
    status = "ok" if se is not None else "too_small"
    scale = 1.0 / beta if beta > 0 else None
    return Temperature(beta, se, low, high, scale, p_value, peak, null, n, n_people, method, status, reason)


def solve_beta(choices: Sequence[ChoiceSet]) -> float | None:
    """Beta alone, without its errors; None where no choice tells, or where all of them are extreme ones."""
    if not choices:
        return None
    groups = _merge(choices)
    lowest, highest, taken, slack = _range_of(groups, len(choices))
    if highest - lowest <= slack or taken >= highest - slack or taken <= lowest + slack:
        return None
    return _solve(groups, taken)


def _range_of(groups: _Groups, n: int) -> tuple[float, float, float, float]:
    """Least and largest total that all choices together could have, the one they have, and rounding."""
    lowest = sum(float(group.times @ group.totals.min(axis=1)) for group in groups)
    highest = sum(float(group.times @ group.totals.max(axis=1)) for group in groups)
    return lowest, highest, sum(group.taken for group in groups), 1e-9 * max(1.0, n)


def _without_value(n: int, n_people: int, method: str, status: str, reason: str) -> Temperature:
    return Temperature(None, None, None, None, None, None, None, None, n, n_people, method, status, reason)


def _merge(choices: Sequence[ChoiceSet]) -> _Groups:
    """Equal choice sets once, those of one number of arrangements as one table."""
    merged: dict[bytes, tuple[Floats, int, float]] = {}
    for choice in choices:
        totals, times, taken = merged.get(choice.totals.tobytes(), (choice.totals, 0, 0.0))
        merged[choice.totals.tobytes()] = totals, times + 1, taken + choice.taken
    by_size: dict[int, list[tuple[Floats, int, float]]] = {}
    for entry in merged.values():
        by_size.setdefault(len(entry[0]), []).append(entry)
    return [
        _Group(
            np.stack([totals for totals, _, _ in entries]),
            np.array([times for _, times, _ in entries], dtype=np.float64),
            math.fsum(taken for _, _, taken in entries),
        )
        for entries in by_size.values()
    ]


def _log_likelihood(beta: float, groups: _Groups) -> float:
    return math.fsum(
        beta * group.taken - float(group.times @ special.logsumexp(beta * group.totals, axis=1)) for group in groups
    )


def _limit_likelihood(groups: _Groups, upwards: bool) -> float:
    """Log-likelihood as beta goes to infinity where every choice is an extreme one: ties share the probability."""
    total = 0.0
    for group in groups:
        edge = group.totals.max(axis=1) if upwards else group.totals.min(axis=1)
        ties = np.isclose(group.totals, edge[:, None], rtol=0.0, atol=1e-12).sum(axis=1)
        total -= float(group.times @ np.log(ties))
    return total


def _solve(groups: _Groups, taken: float) -> float:
    def excess(beta: float) -> float:
        return taken - math.fsum(
            float(group.times @ (special.softmax(beta * group.totals, axis=1) * group.totals).sum(axis=1))
            for group in groups
        )

    step = 1.0
    while excess(-step) < 0.0 or excess(step) > 0.0:
        step *= 2.0
    return float(optimize.brentq(excess, -step, step, xtol=1e-12, rtol=1e-14))


def _profile_end(groups: _Groups, level: float, start: float, direction: float, *, rising: bool) -> float:
    """Beta at which the log-likelihood passes `level`, searched from `start`; `rising` where it grows that way."""

    def above(beta: float) -> float:
        return _log_likelihood(beta, groups) - level

    step, ahead = 1.0, rising and above(start) < 0.0
    if rising and not ahead:
        direction = -direction
    while (above(start + direction * step) < 0.0) if ahead else (above(start + direction * step) > 0.0):
        step *= 2.0
    ends = sorted((start, start + direction * step))
    return float(optimize.brentq(above, *ends, xtol=1e-10))


def _robust_se(beta: float, choices: Sequence[ChoiceSet], people: list[str]) -> float | None:
    if len(people) < 2:
        return None
    scores = dict.fromkeys(people, 0.0)
    information = 0.0
    for choice in choices:
        weights = special.softmax(beta * choice.totals)
        mean = float(weights @ choice.totals)
        information += float(weights @ (choice.totals - mean) ** 2)
        scores[choice.participant] += choice.taken - mean
    meat = sum(score**2 for score in scores.values()) * len(people) / (len(people) - 1)
    return math.sqrt(meat) / information
