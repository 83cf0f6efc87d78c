"""Two arms category by category."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.compare.arms import compare_scores
from analysis.intervals import holm, newcombe_interval
from analysis.reading import Answers


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
        both = set(first.participants) & set(second.participants)
        shared = [name for name in first.participants if name in both]
        mine, theirs = first.rows_of(shared), second.rows_of(shared)
    found = compare_scores(
        "a", "b", first.hits_by_category[mine, c], first.answers_by_category[mine, c],
        second.hits_by_category[theirs, c], second.answers_by_category[theirs, c],
        same_participants=same, confidence=confidence,
    )  # fmt: skip
    if found.difference is None or found.p_value is None:
        return None
    return found.difference, found.ci_low, found.ci_high, found.p_value, found.method, found.ci_method
