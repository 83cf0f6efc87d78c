"""Can two categories be told apart, given that the rest was right?

Marginally a category is guessed with chance 1/images. But once the other categories of a one-to-one board are known,
the rest has fewer places left: whoever gets two of four right faces a chance of 1/2 for the others. A rate must be
read against that level before it counts as evidence of telling the two apart.

Boards of one person hang together: who takes Sky for Water once does so again. The names of the categories that are
left are therefore exchanged within each participant, over all of that person's boards at once, and laws are convolved
over participants; with one board each that is the binomial law. Intervals count the effective number of answers.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import exp, log

import numpy as np
import pandas as pd
from scipy import stats

from analysis.accuracy.categories import effective_number
from analysis.chance import Law, convolve
from analysis.intervals import proportion_interval
from analysis.reading import Answers, answers_from

LARGEST_BAYES_FACTOR = 1e300
# "Everybody matched" says something from so many people on.
FEWEST_PARTICIPANTS = 3


@dataclass(frozen=True)
class ConditionalChance:
    """A category's matches against the chance that is left when the categories everybody knows are taken as known."""

    category: str
    known: list[str]
    chance: float
    correct: int
    n: int
    p_value: float
    p_two_sided: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Discrimination:
    """Blocks in which all clips but a pair were right: how often the pair was right too (chance 1/2).

    bayes_factor    None where people gave several such blocks, which are not independent
    """

    a: str
    b: str
    right: int
    n: int
    p_value: float | None
    p_two_sided: float | None
    ci_low: float | None
    ci_high: float | None
    bayes_factor: float | None
    status: str
    reason: str


def conditional_chance(responses: pd.DataFrame | Answers) -> list[ConditionalChance]:
    """Categories read against the chance that is left when those that everybody matched are taken as known.

    Only complete plain one-to-one boards, all with the same categories: elsewhere the level is not one number. And only
    from 3 participants on: what one or two people matched is not known by everybody.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`

    Returns
    -------
    list of `ConditionalChance` : one per category that not everybody matched, when some categories are; else empty.
    With r of k categories known the chance is 1 / (k - r).

    Raises
    ------
    ResponsesError
        the frame does not hold what it must.
    """
    answers = answers_from(responses)
    boards = answers.board_counts
    if answers.design != "one_to_one" or len(boards) != 1:
        return []
    if int((answers.answers_by_participant > 0).sum()) < FEWEST_PARTICIPANTS:
        return []
    board = next(iter(boards))
    k = len(board.clips)
    hits, asked = answers.hits_by_category.sum(axis=0), answers.answers_by_category.sum(axis=0)
    known = [c for c in board.clips if hits[c] == asked[c]]
    if not board.plain or board.n_images != k or not known or len(known) >= k - 1:
        return []
    chance = 1 / (k - len(known))
    found = []
    for c in board.clips:
        if c in known:
            continue
        x, n = int(hits[c]), int(asked[c])
        low, high = _interval(answers.hits_by_category[:, c], answers.answers_by_category[:, c])
        law = _renamed_law(answers, c, [d for d in board.clips if d not in known])
        p_values = law.sf(x), law.two_sided(x)
        names = [answers.categories[i] for i in known]
        found.append(ConditionalChance(answers.categories[c], names, chance, x, n, *p_values, low, high))
    return found


def discriminations(responses: pd.DataFrame | Answers) -> list[Discrimination]:
    """Every pair of categories in complete plain one-to-one boards, two-sided against 1/2."""
    answers = answers_from(responses)
    if answers.design != "one_to_one":
        return []
    k = len(answers.categories)
    right = np.zeros((k, k, answers.n_participants), dtype=np.int64)
    seen = np.zeros_like(right)
    order = np.argsort(answers.block, kind="stable")
    edges = np.searchsorted(answers.block[order], np.arange(answers.n_blocks + 1)).tolist()
    for first, last in pairwise(edges):
        rows = order[first:last]
        heard, chosen = answers.heard[rows], answers.chosen[rows]
        if (
            (chosen < 0).any()
            or sorted(heard.tolist()) != sorted(chosen.tolist())
            or len(set(heard.tolist())) < len(heard)
        ):
            continue
        wrong, person = sorted(heard[heard != chosen].tolist()), answers.participant[rows[0]]
        if len(wrong) == 2:
            seen[wrong[0], wrong[1], person] += 1
        elif not wrong:
            for a, b in combinations(sorted(heard.tolist()), 2):
                seen[a, b, person] += 1
                right[a, b, person] += 1
    names = answers.categories
    return [_discrimination(names[a], names[b], right[a, b], seen[a, b]) for a, b in combinations(range(k), 2)]


def bayes_factor(hits: int, n: int, chance: float) -> float:
    """Evidence for an unknown rate (uniform prior) against exactly `chance`: BF10 of a binomial count.

    Values beyond 1e300 are given as 1e300.
    """
    log_factor = -log(n + 1) - float(stats.binom.logpmf(hits, n, chance))
    return exp(min(log_factor, log(LARGEST_BAYES_FACTOR)))


def _discrimination(a: str, b: str, right: np.ndarray, seen: np.ndarray) -> Discrimination:
    """A pair from its boards by participant (P,)."""
    right, seen = right[seen > 0], seen[seen > 0]
    x, n = int(right.sum()), int(seen.sum())
    if n == 0:
        reason = "No block has all other clips right."
        return Discrimination(a, b, 0, 0, None, None, None, None, None, "too_small", reason)
    # Exchanging the two names turns all right boards of a person into wrong ones, and back.
    law = convolve((_counts([r, s - r]), 1) for r, s in zip(right.tolist(), seen.tolist(), strict=True))
    single = len(seen) == n
    reason = "" if single else "People gave several of these boards, so there is no Bayes factor."
    factor = bayes_factor(x, n, 0.5) if single else None
    return Discrimination(a, b, x, n, law.sf(x), law.two_sided(x), *_interval(right, seen), factor, "ok", reason)


def _renamed_law(answers: Answers, category: int, left: list[int]) -> Law:
    """Law of the category's matches when the categories that are `left` exchange names within each participant."""
    rows = (answers.heard == category) & answers.answered
    k = len(answers.categories)
    flat = answers.participant[rows] * k + answers.chosen[rows]
    chosen = np.bincount(flat, minlength=answers.n_participants * k).reshape(-1, k)[:, left]
    return convolve((_counts(own), 1) for own in chosen[chosen.any(axis=1)].tolist())


def _counts(values: list[int]) -> list[int]:
    """How often each of 0, 1, ... occurs."""
    return np.bincount(values).tolist()


def _interval(hits: np.ndarray, asked: np.ndarray) -> tuple[float, float]:
    """Clopper-Pearson interval for the effective number of answers; both per participant (P,)."""
    effective = effective_number(hits, asked)
    share = float(hits.sum()) / float(asked.sum())
    return proportion_interval(share * effective, effective, method="clopper_pearson")
