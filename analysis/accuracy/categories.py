"""Accuracy of each heard category, with its interval and its test by renaming."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.intervals import cohen_h, guess_corrected, holm, proportion_interval
from analysis.reading import Answers, answers_from
from analysis.renaming import category_law, tables_of

ALL_RIGHT = "Every possible answer is right, so there is nothing to test."
NONE_RIGHT = "No answer could be right, so there is nothing to test."
NO_NAMES = "Nobody heard another category on the same boards to exchange it with, so there is no test."


@dataclass(frozen=True)
class CategoryAccuracy:
    """Matches of the clips of one category.

    chance is the share that matching at random gives, expected the number right under renaming: with a favourite
    image of theirs people are right more often than chance without knowing anything.
    """

    category: str
    correct: int
    n: int
    n_effective: float | None = None
    rate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = "none"
    ci_clopper_pearson: tuple[float, float] | None = None
    ci_jeffreys: tuple[float, float] | None = None
    chance: float | None = None
    expected: float | None = None
    p_value: float | None = None
    p_holm: float | None = None
    guess_corrected: float | None = None
    cohen_h: float | None = None
    status: str = "ok"
    reason: str = ""


def per_category(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> list[CategoryAccuracy]:
    """Every category in order: matches, interval, exact one-sided p-value, Holm's correction over the categories.

    p: each participant's name for the category falls on each category that it can change names with, choices kept
    (`analysis.renaming`). One board of different categories each, one to one, gives the binomial law.

    The interval is Wilson's. Where participants answered several clips of a category it takes the effective number of
    answers, n over the design effect of participants, in place of n.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`
    confidence : of the intervals, between 0 and 1

    Returns
    -------
    list of `CategoryAccuracy`, one per category; shares from 0 to 1. A category without answers has status too_small.

    Raises
    ------
    ResponsesError
        the frame does not hold what it must.

    References
    ----------
    Wilson (1927); Holm (1979); Kish (1965) for the design effect.
    """
    answers = answers_from(responses)
    hits, asked = answers.hits_by_category, answers.answers_by_category
    chances = [answers.category_law(c) for c in range(len(answers.categories))]
    tables = tables_of(answers)
    laws = [category_law(tables, c) for c in range(len(answers.categories))]
    raw = {
        c: law.sf(int(hits[:, c].sum()))
        for c, law in enumerate(laws)
        if chances[c].var > 0 and tables.renamed(c)
    }  # fmt: skip
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    rows = []
    for c, name in enumerate(answers.categories):
        if not asked[:, c].any():
            reason = "No clip of this category was answered."
            rows.append(CategoryAccuracy(name, 0, 0, status="too_small", reason=reason))
            continue
        chance = chances[c].mean / asked[:, c].sum()
        row = _category(name, hits[:, c], asked[:, c], chance=chance, confidence=confidence)
        row = replace(row, expected=laws[c].mean, p_value=raw.get(c), p_holm=adjusted.get(c))
        if c not in raw:
            reason = NO_NAMES if chances[c].var > 0 else ALL_RIGHT if chance > 0 else NONE_RIGHT
            row = replace(row, expected=None, status="not_applicable", reason=reason)
        rows.append(row)
    return rows


def _category(name: str, hits: np.ndarray, asked: np.ndarray, *, chance: float, confidence: float) -> CategoryAccuracy:
    correct, n = int(hits.sum()), int(asked.sum())
    effective = effective_number(hits, asked)
    method = "wilson" if effective == n else "wilson_effective_n"
    low, high = proportion_interval(correct / n * effective, effective, confidence=confidence)
    exact, jeffreys = (
        proportion_interval(correct / n * effective, effective, method=name, confidence=confidence)
        for name in ("clopper_pearson", "jeffreys")
    )
    reason = f"Participants answered several clips; the interval counts {effective:.1f} of {n} answers as independent."
    return CategoryAccuracy(
        category=name, correct=correct, n=n, n_effective=effective, rate=correct / n, ci_low=low, ci_high=high,
        ci_method=method, ci_clopper_pearson=exact, ci_jeffreys=jeffreys, chance=chance,
        guess_corrected=guess_corrected(correct / n, chance) if chance < 1 else None,
        cohen_h=cohen_h(correct / n, min(1.0, chance)), reason=reason if method == "wilson_effective_n" else "",
    )  # fmt: skip


def effective_number(hits: np.ndarray, asked: np.ndarray) -> float:
    """Answers divided by their design effect, between the number of participants and the number of answers.

    hits, asked: per participant, shape (P,). The design effect is the variance of the share between participants over
    the binomial one. With everything right or wrong it cannot be seen; then every participant counts once.
    """
    kept = asked > 0
    hits, asked = hits[kept].astype(float), asked[kept].astype(float)
    people, n = len(hits), float(asked.sum())
    if people == n:
        return n
    share = float(hits.sum()) / n
    if people < 2 or share in (0.0, 1.0):
        return float(people)
    between = people / (people - 1) * float(((hits - share * asked) ** 2).sum()) / n**2
    return float(min(n, max(people, share * (1 - share) / between if between > 0 else n)))
