"""Intervals for a proportion and corrections for many tests, each clamped to where it can lie.

Intervals are statsmodels' under plain names. The two corrections are written out: statsmodels' collects garbage in each
call, which costs more than the whole report.
"""

from collections.abc import Sequence
from math import asin, inf, sqrt

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from analysis.errors import AnalysisError

METHODS = {"wilson": "wilson", "clopper_pearson": "beta", "jeffreys": "jeffreys", "agresti_coull": "agresti_coull"}


def proportion_interval(
    hits: float, n: float, *, method: str = "wilson", confidence: float = 0.95
) -> tuple[float, float]:
    """Two-sided interval for a proportion; `method` is wilson, clopper_pearson, jeffreys or agresti_coull."""
    if method not in METHODS:
        raise AnalysisError(f"Unknown interval '{method}': use one of {', '.join(METHODS)}.")
    if not 0 <= hits <= n or n == 0:
        raise AnalysisError(f"{hits} of {n} is not a proportion.")
    low, high = proportion_confint(hits, n, alpha=1 - confidence, method=METHODS[method])
    # The closed forms leave [0, 1] by a rounding error at 0 of n and n of n.
    low = 0.0 if hits == 0 and method != "jeffreys" else max(0.0, float(low))
    high = 1.0 if hits == n and method != "jeffreys" else min(1.0, float(high))
    return low, high


def t_interval(
    value: float, se: float, degrees: float, *, low: float = -inf, high: float = inf, confidence: float = 0.95
) -> tuple[float, float]:
    """Student's interval of a value from its standard error, cut where the value cannot lie."""
    half = float(stats.t.ppf(0.5 + confidence / 2, degrees)) * se
    return max(low, value - half), min(high, value + half)


def mean_half_width(values: np.ndarray, *, confidence: float = 0.95) -> float:
    """Half the width of Student's interval of the mean of (n,) values, n at least 2."""
    n = len(values)
    return float(stats.t.ppf(0.5 + confidence / 2, n - 1) * values.std(ddof=1) / sqrt(n))


def jackknife_variance(left_out: np.ndarray) -> float:
    """Variance of a statistic from its values with each of n units (or groups of them) left out, (n,); Tukey (1958)."""
    n = len(left_out)
    return (n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum())


def newcombe_interval(hits_a: int, n_a: int, hits_b: int, n_b: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Newcombe's interval for the difference a - b of two independent proportions (square-and-add Wilson)."""
    low, high = confint_proportions_2indep(
        hits_a, n_a, hits_b, n_b, method="newcomb", compare="diff", alpha=1 - confidence
    )
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the given order."""
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return _in_given_order(np.minimum(1.0, stepped), order)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values (false discovery rate), in the given order."""
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * len(values) / np.arange(1, len(values) + 1)
    return _in_given_order(np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1]), order)


def guess_corrected(rate: float, chance: float) -> float:
    """Share above guessing, (rate - chance) / (1 - chance): 0 at chance, 1 when everything is right."""
    return (rate - chance) / (1 - chance)


def cohen_h(rate: float, other: float) -> float:
    """Cohen's h = 2 asin sqrt(rate) - 2 asin sqrt(other)."""
    return 2 * asin(sqrt(rate)) - 2 * asin(sqrt(other))


def _in_given_order(adjusted: np.ndarray, order: np.ndarray) -> list[float]:
    result = np.empty(len(order))
    result[order] = adjusted
    return [float(p) for p in result]
