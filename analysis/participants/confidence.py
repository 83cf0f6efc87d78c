"""Do people know when they are right? Stated confidence of right and wrong answers, within participants.

People use a scale of confidence in their own way, and some are right more often than others; so only answers of one
participant are set against each other. The test permutes a participant's statements over the answers, right and wrong
ones being fixed; the law of the sum of confidence over right answers is exact (subset sums per participant, convolved
over participants) or, in large studies, drawn from a fixed seed. Answers of one board hang together in being right,
which does not matter: what is right is held fixed.
"""

from dataclasses import dataclass, replace

import numpy as np

from analysis.accuracy import share_interval
from analysis.compare import subset_sums
from analysis.permutation import count_draws, drawn_words

SEED = 20_260_112
# Most additions of the exact law (about half a second).
EXACT_WORK = 300_000_000

EXACT = "exact permutation within participants"
DRAWN = "seeded permutation within participants"


@dataclass(frozen=True)
class Confidence:
    """Statements by level, their means, and how well they tell a person's right answers from the wrong ones.

    position, correct, n    level of confidence, right answers and answers at this level; rate is their share
    auc                     chance that of a right and a wrong answer of one participant the right one had more
                            confidence, ties counted half; .5 = statements say nothing. Interval over participants.
    n_pairs                 pairs of a right and a wrong answer behind it, of `n_participants` people who have both
    """

    position: list[int]
    correct: list[int]
    n: list[int]
    rate: list[float]
    mean_correct: float | None
    mean_wrong: float | None
    auc: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    n_pairs: int
    n_participants: int
    p_value: float | None
    method: str
    status: str
    reason: str


def confidence_of(stated: np.ndarray, hit: np.ndarray, participant: np.ndarray) -> Confidence:
    """Confidence (R,) whole numbers, hit (R,) 0/1 and participant (R,) codes of answers that state a confidence."""
    levels = np.unique(stated)
    right = np.array([hit[stated == level].sum() for level in levels])
    asked = np.array([(stated == level).sum() for level in levels])
    means = [float(stated[hit == value].mean()) if (hit == value).any() else None for value in (1, 0)]
    people = [(stated[rows], hit[rows].astype(bool)) for rows in _rows_of(participant)]
    # Who has all right or all wrong says nothing about the question.
    telling = [(c, h) for c, h in people if 0 < h.sum() < len(h)]
    found = Confidence(
        position=levels.tolist(), correct=right.tolist(), n=asked.tolist(), rate=(right / asked).tolist(),
        mean_correct=means[0], mean_wrong=means[1], auc=None, ci_low=None, ci_high=None, ci_method="none", n_pairs=0,
        n_participants=len(telling), p_value=None, method="none", status="too_small",
        reason="Nobody has both right and wrong answers with a confidence, so nothing can be compared.",
    )  # fmt: skip
    if not telling:
        return found
    points = np.array([_twice_above(c, h) for c, h in telling])
    pairs = np.array([int(h.sum()) * int((~h).sum()) for _, h in telling])
    interval = share_interval(points, 2 * pairs, what="share of pairs with more confidence in the right answer")
    found = replace(
        found, auc=float(points.sum()) / float(2 * pairs.sum()), ci_low=interval.low, ci_high=interval.high,
        ci_method=interval.method, n_pairs=int(pairs.sum()),
    )  # fmt: skip
    # Nor does who always states the same.
    moving = [(c - c.min(), h) for c, h in telling if np.ptp(c) > 0]
    if not moving:
        reason = "Everybody stated the same confidence throughout, so there is nothing to compare."
        return replace(found, status="degenerate", reason=reason)
    p_value, method = _permuted(moving)
    return replace(found, p_value=p_value, method=method, status=interval.status, reason=interval.reason)


def _rows_of(participant: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(participant, kind="stable")
    edges = np.flatnonzero(np.diff(participant[order])) + 1
    return np.split(order, edges) if len(order) else []


def _twice_above(stated: np.ndarray, hit: np.ndarray) -> int:
    """Twice the pairs (right, wrong) in which the right answer has more confidence; ties count once."""
    right, wrong = stated[hit][:, None], stated[~hit][None]
    return int(2 * (right > wrong).sum() + (right == wrong).sum())


def _permuted(people: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, str]:
    """One-sided p of so much confidence or more on the right answers, and how it was found."""
    observed = sum(int(c[h].sum()) for c, h in people)
    totals = [int(c.sum()) for c, _ in people]
    work = sum(len(c) * (int(h.sum()) + 1) * (t + 1) for (c, h), t in zip(people, totals, strict=True))
    work += sum((t + 1) * before for t, before in zip(totals, np.cumsum(totals).tolist(), strict=True))
    if work > EXACT_WORK:
        p_value, draws = _drawn(people, observed)
        return p_value, drawn_words(DRAWN, draws)
    law = np.ones(1)
    for c, h in people:
        law = np.convolve(law, subset_sums(c, int(h.sum())))
    return float(min(1.0, law[observed:][::-1].sum())), EXACT


def _drawn(people: list[tuple[np.ndarray, np.ndarray]], observed: int) -> tuple[float, int]:
    """p and the number of draws."""
    draws = count_draws(sum(len(c) for c, _ in people))
    rng = np.random.default_rng(SEED)
    sums = np.zeros(draws)
    for c, h in people:
        sums += rng.permuted(np.broadcast_to(c, (draws, len(c))), axis=1)[:, : int(h.sum())].sum(axis=1)
    return (1 + int((sums >= observed).sum())) / (1 + draws), draws
