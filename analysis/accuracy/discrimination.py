"""Can two categories be told apart, given that the rest was right?

Marginally a category is guessed with chance 1/images. But once the other categories of a one-to-one board are known,
the rest has fewer places left: whoever gets two of four right faces a chance of 1/2 for the others. A rate must be
read against that level before it counts as evidence of telling the two apart.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import exp, log

import numpy as np
import pandas as pd
from scipy import stats

from analysis.intervals import proportion_interval
from analysis.reading import Answers, answers_from

LARGEST_BAYES_FACTOR = 1e300


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
    """Blocks in which all clips but a pair were right: how often the pair was right too (chance 1/2)."""

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

    Only complete plain one-to-one boards, all with the same categories: elsewhere the level is not one number.

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
        low, high = proportion_interval(x, n, method="clopper_pearson")
        p_values = float(stats.binom.sf(x - 1, n, chance)), float(stats.binomtest(x, n, chance).pvalue)
        names = [answers.categories[i] for i in known]
        found.append(ConditionalChance(answers.categories[c], names, chance, x, n, *p_values, low, high))
    return found


def discriminations(responses: pd.DataFrame | Answers) -> list[Discrimination]:
    """Every pair of categories in complete plain one-to-one boards, two-sided against 1/2."""
    answers = answers_from(responses)
    if answers.design != "one_to_one":
        return []
    k = len(answers.categories)
    right = np.zeros((k, k), dtype=np.int64)
    seen = np.zeros((k, k), dtype=np.int64)
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
        wrong = sorted(heard[heard != chosen].tolist())
        if len(wrong) == 2:
            seen[wrong[0], wrong[1]] += 1
        elif not wrong:
            for a, b in combinations(sorted(heard.tolist()), 2):
                seen[a, b] += 1
                right[a, b] += 1
    return [_discrimination(answers, a, b, int(right[a, b]), int(seen[a, b])) for a, b in combinations(range(k), 2)]


def bayes_factor(hits: int, n: int, chance: float) -> float:
    """Evidence for an unknown rate (uniform prior) against exactly `chance`: BF10 of a binomial count.

    Values beyond 1e300 are given as 1e300.
    """
    log_factor = -log(n + 1) - float(stats.binom.logpmf(hits, n, chance))
    return exp(min(log_factor, log(LARGEST_BAYES_FACTOR)))


def _discrimination(answers: Answers, a: int, b: int, right: int, n: int) -> Discrimination:
    names = answers.categories
    if n == 0:
        reason = "No block has all other clips right."
        return Discrimination(names[a], names[b], 0, 0, None, None, None, None, None, "too_small", reason)
    low, high = proportion_interval(right, n, method="clopper_pearson")
    p_values = float(stats.binom.sf(right - 1, n, 0.5)), float(stats.binomtest(right, n, 0.5).pvalue)
    return Discrimination(names[a], names[b], right, n, *p_values, low, high, bayes_factor(right, n, 0.5), "ok", "")
