"""How far the noise in either side blurs a correlation of human accuracy with a metric over categories.

Conventions
    Reliability is the share of the variance over categories that is not noise: 1 where the same categories would come
    out in the same order again, 0 where nothing but chance sets them apart. It may be estimated below 0.
    People: the shares correct by two halves of the participants are correlated over the categories, averaged over all
    ways to halve (or seeded draws of them) and stepped up to all participants, 2 r / (1 + r) (Spearman 1910; Brown
    1910). ICC(C,k) is the same from the analysis of variance of categories by participants, over those who answered
    every category; with equally many answers everywhere it is Cronbach's alpha.
    Metrics: 1 - (mean squared standard error) / (variance of the values).
    Intervals: F law of the ratio of the two mean squares (Feldt 1965; McGraw and Wong 1996). They take categories as
    drawn from many.
    A correlation of two measures is on average the correlation without noise times the root of the product of their
    reliabilities (Spearman 1904): `ceiling` is that root.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.metrics import ByCategory, category_metrics

Floats = NDArray[np.float64]
FEWEST_CATEGORIES = 3
ROUGH_BELOW = 5
LEAST_IN_HALF = 2
MOST_SPLITS = 1_000
SEED = 20_260_108
NOTE = (
    "Noise in either measure pulls their correlation towards 0: of a perfect relation, this much would be seen on "
    "average. A low value calls for more participants or more images; it does not say that there is no relation."
)


@dataclass(frozen=True)
class Reliability:
    """One reliability over categories; a value that does not exist is None, with the reason in words.

    n_categories   categories; n_units: participants, or for a metric the degrees of freedom of its squared errors
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_categories: int
    n_units: float
    method: str
    status: str = "ok"
    reason: str = ""


def hit_tables(responses: pd.DataFrame, categories: Sequence[str]) -> tuple[Floats, Floats]:
    """Correct answers and answers of each participant (rows) in each category, (participants, categories) twice."""
    answered = responses.loc[responses["answered"] & responses["clip_category"].isin(list(categories))]
    people = sorted(set(answered["participant"]))
    rows = answered["participant"].map({name: place for place, name in enumerate(people)}).to_numpy(dtype=np.int64)
    columns = answered["clip_category"].map({name: place for place, name in enumerate(categories)})
    cells = rows * len(categories) + columns.to_numpy(dtype=np.int64)
    size, shape = len(people) * len(categories), (len(people), len(categories))
    hits = np.bincount(cells, weights=answered["correct"].to_numpy(dtype=np.float64), minlength=size)
    return hits.astype(np.float64).reshape(shape), np.bincount(cells, minlength=size).astype(np.float64).reshape(shape)


def split_half(hits: ArrayLike, answers: ArrayLike, *, splits: int = MOST_SPLITS, seed: int = SEED) -> Reliability:
    """Spearman-Brown reliability of the categories' shares correct from halves of the participants.

    All ways to halve are taken where there are at most `splits`, else as many seeded ones. Halves in which a category
    has no answer, or all categories the same share, have no correlation and are left out.

    Args:
        hits, answers: (participants, categories) counts.
    """
    right, given = np.asarray(hits, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    n, k = right.shape
    if k < FEWEST_CATEGORIES:
        return _without(k, n, "split-half", f"{k} categories: at least {FEWEST_CATEGORIES} are needed")
    if n < 2 * LEAST_IN_HALF:
        return _without(k, n, "split-half", f"{n} participants: at least {2 * LEAST_IN_HALF} are needed")
    first = _halves(n, splits, seed)
    found = _correlations(first @ right, first @ given, right.sum(axis=0), given.sum(axis=0))
    usable = found[np.isfinite(found)]
    method = f"Spearman-Brown over {len(found)} ways to halve the participants"
    if 2 * len(usable) < len(found):
        reason = f"only {len(usable)} of {len(found)} ways to halve the participants have a correlation"
        return _without(k, n, method, reason, "degenerate")
    mean = float(usable.mean())
    if mean <= -0.5:
        # 2 r / (1 + r) has left [-2, 1] and goes to minus infinity: it says nothing but "none".
        reason = f"halves of the participants order the categories against each other (mean correlation {mean:.2f})"
        return _without(k, n, method, reason, "degenerate")
    left = len(found) - len(usable)
    words = [f"{left} of {len(found)} ways to halve left out, for they have no correlation"] if left else []
    return Reliability(2 * mean / (1 + mean), None, None, k, n, method, "ok", "; ".join([*words, *_rough(k)]))


def consistency(hits: ArrayLike, answers: ArrayLike, *, confidence: float = 0.95) -> Reliability:
    """ICC(C,k) of the categories' shares correct over the participants who answered every category.

    Args:
        hits, answers: (participants, categories) counts.
    """
    given = np.asarray(answers, dtype=np.float64)
    everyone, k = given.shape
    complete = (given > 0).all(axis=1)
    n, method = int(complete.sum()), "ICC(C,k)"
    if k < FEWEST_CATEGORIES:
        return _without(k, n, method, f"{k} categories: at least {FEWEST_CATEGORIES} are needed")
    if n < 2:
        reason = f"{n} of {everyone} participants answered every category: at least 2 are needed"
        return _without(k, n, method, reason)
    shares = (np.asarray(hits, dtype=np.float64) / np.maximum(given, 1.0))[complete]
    by_category, by_person = shares.mean(axis=0), shares.mean(axis=1, keepdims=True)
    residual = shares - by_category - by_person + shares.mean()
    between = n * float(by_category.var(ddof=1))
    error = float((residual**2).sum()) / ((n - 1) * (k - 1))
    words = [f"{n} of {everyone} participants, those who answered every category"] if n < everyone else []
    return _from_squares(between, error, k - 1, (n - 1) * (k - 1), n, method, words, confidence)


def of_values(
    values: Sequence[float], errors: Sequence[float | None], degrees: Sequence[float], *, confidence: float = 0.95
) -> Reliability:
    """Reliability of a metric's values over categories from their standard errors.

    Args:
        values, errors: of each category; degrees: degrees of freedom of each error, at least 1.
    """
    k, method = len(values), "standard errors"
    without = sum(error is None for error in errors)
    if k < FEWEST_CATEGORIES:
        return _without(k, 0, method, f"{k} categories: at least {FEWEST_CATEGORIES} are needed")
    if without:
        return _without(k, 0, method, f"{without} of {k} categories have no standard error")
    squares = np.array(errors, dtype=np.float64) ** 2
    error = float(squares.mean())
    freedom = 0.0 if error == 0.0 else float(squares.sum()) ** 2 / float((squares**2 / np.array(degrees)).sum())
    between = float(np.var(np.array(values, dtype=np.float64), ddof=1))
    return _from_squares(between, error, k - 1, freedom, freedom, method, [], confidence)


def correlation_reliability(
    responses: pd.DataFrame, metrics: Mapping[str, Any], categories: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Reliability of both sides of every correlation of one arm, for JSON.

    Args:
        responses: tidy rows of the arm without excluded ones.
        metrics: `arm_metrics` block; categories: those that each metric's correlation is over, by the metric's key.

    Returns:
        `split_half` and `icc` of the shares correct, `metrics` by key with their `ceiling` for the split halves, over
        the categories of that metric.
    """
    over = max(categories.values(), key=len)
    tables = hit_tables(responses, over)
    people = split_half(*tables)
    registered = category_metrics()
    rows = {}
    for key, names in categories.items():
        found = of_values(*_values_and_errors(key, registered[key][1], metrics, names))
        halves = people if list(names) == list(over) else split_half(*hit_tables(responses, names))
        rows[key] = asdict(found) | {"ceiling": ceiling(halves, found)}
    return {"split_half": asdict(people), "icc": asdict(consistency(*tables)), "metrics": rows, "note": NOTE}


def _values_and_errors(
    name: str, how: ByCategory, metrics: Mapping[str, Any], categories: Sequence[str]
) -> tuple[list[float], list[float | None], list[float]]:
    """Value, standard error (right on average) and its degrees of freedom of one metric in each category."""
    found = how.rows(name, metrics)
    rows = [(found[category], metrics["by_category"][category]["n_clips"]) for category in categories]
    known = [(row, clips) for row, clips in rows if row is not None]
    return (
        [row[how.value] for row, _ in known],
        [row[how.unbiased] for row, _ in known],
        [how.degrees(row, clips) for row, clips in known],
    )


def ceiling(people: Reliability, metric: Reliability) -> float | None:
    """What a perfect relation would show up as; None where a reliability is missing or not above 0."""
    if people.value is None or metric.value is None or min(people.value, metric.value) <= 0.0:
        return None
    return math.sqrt(min(1.0, people.value) * min(1.0, metric.value))


def _from_squares(
    between: float,
    error: float,
    df_between: float,
    df_error: float,
    n_units: float,
    method: str,
    words: Sequence[str],
    confidence: float,
) -> Reliability:
    k = int(df_between) + 1
    if between <= 0.0:
        return _without(k, n_units, method, "all categories have the same value", "degenerate")
    if error <= 0.0:
        return _without(k, n_units, method, "no spread to tell noise by: every answer is alike", "degenerate")
    ratio, tail = between / error, (1.0 - confidence) / 2.0
    low, high = (1.0 - float(stats.f.ppf(q, df_between, df_error)) / ratio for q in (1.0 - tail, tail))
    noise = ["the categories differ no more than their noise would make them"] if ratio <= 1.0 else []
    reason = "; ".join([*words, *noise, *_rough(k)])
    return Reliability(1.0 - 1.0 / ratio, low, high, k, n_units, method, "ok", reason)


def _rough(categories: int) -> list[str]:
    return [f"{categories} categories: rough"] if categories < ROUGH_BELOW else []


def _without(k: int, n: float, method: str, reason: str, status: str = "too_small") -> Reliability:
    return Reliability(None, None, None, k, n, method, status, reason)


def _halves(n: int, splits: int, seed: int) -> Floats:
    """(splits, n) 1 for the participants of the first half, n // 2 of them."""
    half = n // 2
    # With an even number the same split turns up twice, once from each side: participant 0 stays in the first half.
    ways = math.comb(n, half) if n % 2 else math.comb(n - 1, half - 1)
    if ways <= splits:
        inner = itertools.combinations(range(n), half) if n % 2 else itertools.combinations(range(1, n), half - 1)
        chosen = [row if n % 2 else (0, *row) for row in inner]
    else:
        orders = np.random.default_rng(seed).permuted(np.tile(np.arange(n), (splits, 1)), axis=1)
        chosen = [tuple(row) for row in orders[:, :half]]
    table = np.zeros((len(chosen), n))
    np.put_along_axis(table, np.array(chosen), 1.0, axis=1)
    return table


def _correlations(right: Floats, given: Floats, all_right: Floats, all_given: Floats) -> Floats:
    """Pearson correlation over categories of each half (rows) with its other half; NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        one, other = right / given, (all_right - right) / (all_given - given)
        one, other = (part - part.mean(axis=1, keepdims=True) for part in (one, other))
        scale = np.sqrt(np.vecdot(one, one) * np.vecdot(other, other))
        return np.where(scale > 1e-12, np.vecdot(one, other) / scale, np.nan)
