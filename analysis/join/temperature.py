"""One number for how far human choices follow the joint space: the coefficient of similarity in a conditional logit.

Conventions
    Free boards: P(image j | clip i) is proportional to exp(beta * cosine), over the images on the board.
    One-to-one boards: P(assignment) is proportional to exp(beta * total cosine of its pairs), over all assignments of
    the board; the divisor is a permanent, computed exactly.
    beta = 0 means that similarity says nothing about choices; 1 / beta is the human temperature.
    Standard error and interval are over people and pictures (`analysis.join.sampling`), p from permutations of pictures
    (`analysis.join.nulls`). A profile interval or an error over participants alone would hold for these pictures only:
    with a space of pure noise they call 33 to 87 % of studies significant.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.errors import MetricError
from analysis.join.boards import Boards, ShownBoard
from analysis.join.nulls import SEED, beyond_test, nothing_test
from analysis.join.pairs import Pairs
from analysis.join.sampling import Sample, interval_over_both, sums_by
from analysis.reading import Embeddings
from analysis.wording import plural

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MAX_ARRANGEMENTS = 50_000
NOTE = (
    "How strongly choices follow the similarity in this space: 0 is not at all. It depends on the space's scale, so it "
    "cannot be compared across spaces."
)


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

    totals    (n, A)
    times     (n,) how often each was answered; taken: sum of the totals that were chosen
    choices   (c,) places of the choices among all of them, and in `row` (c,) which of the n each is
    """

    totals: Floats
    times: Floats
    taken: float
    choices: Ints
    row: Ints


_Groups = list[_Group]


@dataclass(frozen=True)
class Temperature:
    """Conditional logit of choices on cosine similarity.

    beta             coefficient; `temperature` is 1 / beta where beta > 0
    log_likelihood, log_likelihood_null   at beta and at 0
    """

    beta: float | None
    temperature: float | None
    log_likelihood: float | None
    log_likelihood_null: float | None
    n_choices: int
    n_participants: int
    method: str
    status: str = "ok"
    reason: str = ""


def temperature_block(
    boards: Boards,
    tables: Sequence[Floats],
    pairs: Pairs,
    sample: Sample,
    embeddings: Embeddings,
    *,
    seed: int = SEED,
) -> dict[str, Any]:
    """Human temperature with its interval over people and pictures and the tests of both nulls; for JSON.

    `p_value` is that of "beyond", the one number that is tested; `p_holm` holds for all arms and spaces once they are
    known (`by_arm`).

    Args:
        tables: (k, m) cosines of every board, in the order of `boards.shown`.
    """
    method = "exact permanent over assignments" if boards.one_to_one else "softmax over the images of the board"
    choices: list[ChoiceSet] = []
    owner: list[int] = []
    skipped = 0
    for place, (board, table) in enumerate(zip(boards.shown, tables, strict=True)):
        try:
            own = board_choices(board, table, one_to_one=boards.one_to_one)
        except MetricError:
            skipped += 1
            continue
        choices += own
        owner += [place] * len(own)
    if skipped:
        method += f"; {plural(skipped, 'board')} left out, incomplete or too large to weigh"
    fit = fit_temperature(choices, method=method)
    known: dict[str, Any] = {"se": None, "ci_low": None, "ci_high": None, "interval_reason": "there is no estimate"}
    if fit.beta is not None:
        scores, information = scores_at(fit.beta, choices)
        places, n = np.array(owner), len(boards.shown)
        known = interval_over_both(sample, fit.beta, sums_by(places, scores, n), sums_by(places, information, n))
    beyond, nothing = (asdict(test(pairs, embeddings, seed=seed)) for test in (beyond_test, nothing_test))
    nothing |= {"p_holm": nothing["p_value"], "n_tests": 1}
    test = {"p_value": beyond["p_value"], "p_holm": beyond["p_value"], "n_tests": 1}
    return {**asdict(fit), **known, **test, "beyond": beyond, "nothing": nothing, "note": NOTE}


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
    orders, rows = all_orders(m, k), np.arange(k)
    return ChoiceSet(participant, table[rows, orders].sum(axis=1), float(table[rows, list(chosen)].sum()))


@cache
def all_orders(m: int, k: int) -> Ints:
    """Every way to give k clips different images of m, (m! / (m - k)!, k)."""
    return np.array(list(itertools.permutations(range(m), k)))


def board_choices(board: ShownBoard, similarity: ArrayLike, *, one_to_one: bool) -> list[ChoiceSet]:
    """The choices of one board of either design.

    Raises:
        MetricError: as `one_to_one_choice`.
    """
    if one_to_one:
        return [one_to_one_choice(board.participant, similarity, board.chosen)]
    return free_choices(board.participant, similarity, board.chosen)


def fit_temperature(choices: Sequence[ChoiceSet], *, method: str) -> Temperature:
    """Maximum likelihood of beta."""
    n, n_people = len(choices), len({choice.participant for choice in choices})
    if not choices:
        return _without_value(0, 0, method, "too_small", "no board whose images are known")
    groups = _merge(choices)
    lowest, highest, taken, slack = _range_of(groups, n)
    if highest - lowest <= slack:
        return _without_value(n, n_people, method, "degenerate", "all images are equally similar to all clips")
    null = _log_likelihood(0.0, groups)
    if taken >= highest - slack or taken <= lowest + slack:
        upwards = taken >= highest - slack
        reason = (
            "every choice is the most similar possible: beta has no upper bound"
            if upwards
            else "every choice is the least similar possible: beta has no lower bound"
        )
        at_limit = _limit_likelihood(groups, upwards)
        return Temperature(None, None, at_limit, null, n, n_people, method, "degenerate", reason)
    beta = _solve(groups, taken)
    scale = 1.0 / beta if beta > 0 else None
    return Temperature(beta, scale, _log_likelihood(beta, groups), null, n, n_people, method)


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
    return Temperature(None, None, None, None, n, n_people, method, status, reason)


def scores_at(beta: float, choices: Sequence[ChoiceSet]) -> tuple[Floats, Floats]:
    """Score (chosen total minus its expectation) and information (variance of the total) of each choice, (n,) twice."""
    taken = np.array([choice.taken for choice in choices])
    means, variances = np.empty(len(choices)), np.empty(len(choices))
    for group in _merge(choices):
        weights = special.softmax(beta * group.totals, axis=1)
        mean = (weights * group.totals).sum(axis=1)
        means[group.choices] = mean[group.row]
        variances[group.choices] = (weights * (group.totals - mean[:, None]) ** 2).sum(axis=1)[group.row]
    return taken - means, variances


def _merge(choices: Sequence[ChoiceSet]) -> _Groups:
    """Equal choice sets once, those of one number of arrangements as one table."""
    by_size: dict[int, list[int]] = {}
    for place, choice in enumerate(choices):
        by_size.setdefault(len(choice.totals), []).append(place)
    groups = []
    for places in by_size.values():
        found: dict[bytes, int] = {}
        row = np.array([found.setdefault(choices[place].totals.tobytes(), len(found)) for place in places])
        first = np.unique(row, return_index=True)[1]
        totals = np.stack([choices[places[one]].totals for one in first])
        taken = math.fsum(choices[place].taken for place in places)
        times = np.bincount(row).astype(np.float64)
        groups.append(_Group(totals, times, taken, np.array(places), row))
    return groups


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
