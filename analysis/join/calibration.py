"""Are the probabilities that the joint space gives to images the shares in which people choose them?

Conventions
    Probabilities come from the conditional logit of choice on cosine (`join_temperature`): softmax in free boards, in
    one-to-one boards the share of each pair in the law over assignments. Its coefficient is fitted on other people:
    participants are dealt into at most ten parts, and each part is predicted from the others.
    Brier score: sum over the images of a board of (probability - chosen)^2, mean over answers; 0 is perfect, and equal
    probabilities of m images give 1 - 1/m. The others answered about the same pictures, so a score below that does not
    show that the space foretells choices among other pictures: it has no test.
    Expected calibration error: mean over bins of equally many pairs of clip and image of |mean probability - share
    chosen|. It is above 0 even where the probabilities hold; `ece_null` is its mean then, by seeded draws.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.documents import absent
from analysis.join.boards import ShownBoard
from analysis.join.sampling import Sample, interval_over_both, sums_by
from analysis.join.temperature import MAX_ARRANGEMENTS, ChoiceSet, all_orders, board_choices, solve_beta

Floats = NDArray[np.float64]
PARTS = 10
BINS = 10
LEAST_IN_BIN = 10
NULL_DRAWS = 200
# Arrangements of all boards together: with more of them their totals would not fit into memory.
MOST_ARRANGEMENTS = 10_000_000
NOTE = (
    "Probabilities are the softmax of similarity at the human temperature of other participants, so nobody's own "
    "answers shaped their prediction."
)


@dataclass(frozen=True)
class Answered:
    """One answered clip: its board, the probabilities of the images there and the place of the chosen one."""

    board: int
    probabilities: Floats
    chosen: int


def calibration(
    boards: Sequence[ShownBoard], tables: Sequence[Floats], sample: Sample, *, one_to_one: bool, seed: int = 0
) -> dict[str, Any]:
    """Brier score and calibration error of the space against people's choices; for JSON.

    Args:
        tables: (k, m) cosines of every board, in the order of `boards`. Incomplete one-to-one boards are left out.
    """
    usable = [
        (place, board, table)
        for place, (board, table) in enumerate(zip(boards, tables, strict=True))
        if not one_to_one or (board.complete and math.perm(table.shape[1], table.shape[0]) <= MAX_ARRANGEMENTS)
    ]
    people = sorted({board.participant for _, board, _ in usable})
    if len(people) < 2:
        return _none(len(people), "too_small", "at least two participants with such boards are needed")
    if one_to_one and sum(math.perm(*table.shape[::-1]) for _, _, table in usable) > MOST_ARRANGEMENTS:
        return _none(len(people), "not_applicable", "the boards have too many assignments to weigh them all")
    part_of = {name: place % PARTS for place, name in enumerate(people)}
    choices: dict[str, list[ChoiceSet]] = {board.participant: [] for _, board, _ in usable}
    for _, board, table in usable:
        choices[board.participant] += board_choices(board, table, one_to_one=one_to_one)
    answers: list[Answered] = []
    law = _pair_shares if one_to_one else _softmax
    for part in sorted(set(part_of.values())):
        others = [choice for name in people if part_of[name] != part for choice in choices[name]]
        beta = solve_beta(others)
        if beta is None:
            reason = "the answers of some participants leave the others' temperature without a bound"
            return _none(len(people), "degenerate", reason)
        answers += _predict([one for one in usable if part_of[one[1].participant] == part], beta, law)
    if not answers:
        return _none(len(people), "too_small", "no answered clip")
    return _describe(answers, len(people), sample, seed)


def _none(n_people: int, status: str, reason: str) -> dict[str, Any]:
    known: dict[str, Any] = {"bins": [], "n_answers": 0, "n_participants": n_people, "note": NOTE}
    return absent(status, reason, ("brier", "ece", "ece_null"), **known)


def _predict(
    boards: Sequence[tuple[int, ShownBoard, Floats]], beta: float, law: Callable[[Floats, float], Floats]
) -> list[Answered]:
    found = []
    for number, board, table in boards:
        rows = law(table, beta)
        found += [Answered(number, rows[place], chosen) for place, chosen in enumerate(board.chosen) if chosen >= 0]
    return found


def _softmax(table: Floats, beta: float) -> Floats:
    return np.asarray(special.softmax(beta * table, axis=1))


def _pair_shares(table: Floats, beta: float) -> Floats:
    """P(clip i gets image j), (k, m), under P(assignment) proportional to exp(beta * total cosine)."""
    k, m = table.shape
    orders, rows = all_orders(m, k), np.arange(k)
    weights = special.softmax(beta * table[rows, orders].sum(axis=1))
    cells = np.bincount((rows * m + orders).ravel(), weights=np.repeat(weights, k), minlength=k * m)
    return np.asarray(cells.reshape(k, m))


def _describe(answers: Sequence[Answered], n_people: int, sample: Sample, seed: int) -> dict[str, Any]:
    predicted = np.concatenate([answer.probabilities for answer in answers])
    sizes = [len(answer.probabilities) for answer in answers]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = np.zeros(len(predicted), dtype=bool)
    chosen[starts + np.array([answer.chosen for answer in answers])] = True
    losses = np.add.reduceat((predicted - chosen) ** 2, starts)
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, max(1, min(BINS, len(order) // LEAST_IN_BIN)))
    return {
        "brier": _brier(losses, np.array([answer.board for answer in answers]), sizes, sample),
        "ece": _error(parts, predicted, chosen),
        "ece_null": _error_where_true(parts, predicted, answers, starts, seed),
        "bins": [_bin(predicted[part], chosen[part]) for part in parts],
        "n_answers": len(answers),
        "n_participants": n_people,
        "note": NOTE,
        "status": "ok",
        "reason": "",
    }


def _brier(losses: Floats, boards: NDArray[np.int64], sizes: Sequence[int], sample: Sample) -> dict[str, Any]:
    """Mean over answers, with its interval over people and pictures."""
    value, n = float(losses.mean()), len(losses)
    scores, answers = (sums_by(boards, own, len(sample.person)) for own in (losses - value, np.ones(n)))
    over = interval_over_both(sample, value, scores, answers, low=0.0)
    return {"value": value, **over, "null": float(np.mean([1 - 1 / size for size in sizes])), "n": n}


def _error(parts: Sequence[NDArray[np.int64]], predicted: Floats, chosen: NDArray[np.bool_]) -> float:
    gaps = [abs(float(predicted[part].mean()) - float(chosen[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(predicted)


def _error_where_true(
    parts: Sequence[NDArray[np.int64]], predicted: Floats, answers: Sequence[Answered], starts: Any, seed: int
) -> float:
    """Mean calibration error of choices drawn from the probabilities themselves, clip by clip."""
    rng = np.random.default_rng(seed)
    sums = [np.cumsum(answer.probabilities) for answer in answers]
    widest = max(map(len, sums))
    ladder = np.array([np.concatenate([s, np.full(widest - len(s), 2.0)]) for s in sums])
    last = np.array([len(s) - 1 for s in sums])
    errors = []
    for _ in range(NULL_DRAWS):
        places = np.minimum((ladder < rng.random((len(sums), 1))).sum(axis=1), last)
        drawn = np.zeros(len(predicted), dtype=bool)
        drawn[starts + places] = True
        errors.append(_error(parts, predicted, drawn))
    return float(np.mean(errors))


def _bin(predicted: Floats, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "low": float(predicted.min()), "high": float(predicted.max()), "n": len(chosen),
        "predicted": float(predicted.mean()), "observed": float(chosen.mean()),
    }  # fmt: skip
