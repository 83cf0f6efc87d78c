"""Uncertainty of all labels together: joint intervals, intervals of ranks, the macro mean.

Conventions
    Intervals for all labels at once hold jointly: the covariance of the labels comes from the jackknife, their joint
    t law from seeded draws. A rank interval holds every rank that no significant difference rules out.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.intervals import t_interval
from analysis.similarity.jackknife import Jackknife
from analysis.similarity.pool import Kind, Pool
from analysis.similarity.rows import Floats, Ints

DRAWS = 20_000
CHUNK = 4_000_000


def _scores(values: Floats) -> Floats:
    """Scores of many x; draws outside the scale stop at its ends."""
    return 100.0 * (1.0 - np.arccos(np.clip(values, -1.0, 1.0)) / np.pi)


@dataclass(frozen=True)
class LabelInterval:
    """Interval of a label's score that holds jointly with those of all labels, and its possible ranks (1 = highest)."""

    ci_low: float
    ci_high: float
    rank_low: int
    rank_high: int


@dataclass(frozen=True)
class LabelFamily:
    """Joint intervals by label and the macro mean of the scores with its own interval.

    Labels without a standard error take no part; `macro` is None with fewer than two labels.
    `unbiased_errors`: standard error of each score with the jackknife's whole surplus taken off, in points. Its square
    is right on average, as means over labels need it; single intervals take the wider one, for it is uncertain itself.
    """

    by_label: Mapping[Hashable, LabelInterval]
    unbiased_errors: Mapping[Hashable, float]
    macro_mean: float | None
    macro_se: float | None
    macro_low: float | None
    macro_high: float | None


def label_family(
    pool: Pool,
    kind: Kind,
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    jackknife: Jackknife | None = None,
) -> LabelFamily:
    """Joint intervals and ranks of the GIILS of a pool's labels, or of the values of another `jackknife`."""
    jackknife = jackknife or Jackknife(pool, kind)
    codes = [code for code in range(len(pool.names)) if pool.counts[code] > 1 and jackknife.se(code) is not None]
    codes = [code for code in codes if abs(jackknife.value(code)) <= 1.0]
    if not codes:
        return LabelFamily({}, {}, None, None, None, None)
    values = np.array([jackknife.value(code) for code in codes])
    covariance = jackknife.covariance[np.ix_(codes, codes)]
    degrees = pool.unit_counts[codes] - 1
    alpha, rng = 1.0 - confidence, np.random.default_rng(seed)
    normal, scale = _joint_draws(covariance, degrees, draws, rng)
    errors = np.sqrt(np.diag(covariance))
    sure = np.maximum(errors, np.finfo(float).tiny)
    smallest = (2 * stats.t.sf(np.abs(normal / (sure * scale)), degrees)).min(axis=1)
    half = stats.t.isf(float(np.quantile(smallest, alpha)) / 2, degrees) * errors
    ranks = _rank_intervals(values, covariance, degrees, normal, scale, alpha)
    ends = _scores(values - half), _scores(values + half)
    by_label = {
        pool.names[code]: LabelInterval(float(ends[0][place]), float(ends[1][place]), *ranks[place])
        for place, code in enumerate(codes)
    }
    exact = jackknife.covariance_without(1.0)[np.ix_(codes, codes)]
    points = _slopes(values) * np.sqrt(np.diag(exact))
    unbiased = {pool.names[code]: float(error) for code, error in zip(codes, points, strict=True)}
    return LabelFamily(by_label, unbiased, *_macro(values, exact, degrees, confidence))


def _slopes(values: Floats) -> Floats:
    """Score points per unit of x at each value."""
    slopes: Floats = 100.0 / (math.pi * np.sqrt(np.maximum(1.0 - values**2, 1e-12)))
    return slopes


def _joint_draws(covariance: Floats, degrees: Ints, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Errors of the values (draws, K) and the factors by which their standard errors miss."""
    spread, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.clip(spread, 0.0, None))
    normal = rng.standard_normal((draws, len(degrees))) @ root.T
    return normal, np.sqrt(rng.chisquare(degrees, (draws, len(degrees))) / degrees)


def _rank_intervals(
    values: Floats, covariance: Floats, degrees: Ints, normal: Floats, scale: Floats, alpha: float
) -> list[tuple[int, int]]:
    """Ranks left open by all pairwise differences, tested jointly."""
    count = len(values)
    first, second = np.triu_indices(count, 1)
    if not len(first):
        return [(1, 1)]
    own = np.diag(covariance)
    shared = covariance[first, second]
    variance = np.maximum(own[first] + own[second] - 2 * shared, np.finfo(float).tiny)
    freedom = (own[first] + own[second]) ** 2 / np.maximum(
        own[first] ** 2 / degrees[first] + own[second] ** 2 / degrees[second], np.finfo(float).tiny
    )
    freedom = np.maximum(freedom, 1.0)
    smallest = np.empty(len(normal))
    step = max(1, CHUNK // len(first))
    for start in range(0, len(normal), step):
        z, s = normal[start : start + step], scale[start : start + step]
        drawn = (
            own[first] * s[:, first] ** 2 + own[second] * s[:, second] ** 2 - 2 * shared * s[:, first] * s[:, second]
        )
        error = np.sqrt(np.maximum(drawn, np.finfo(float).tiny))
        statistic = np.abs(z[:, first] - z[:, second]) / error
        smallest[start : start + step] = (2 * stats.t.sf(statistic, freedom)).min(axis=1)
    p_values = 2 * stats.t.sf(np.abs(values[first] - values[second]) / np.sqrt(variance), freedom)
    apart = p_values <= float(np.quantile(smallest, alpha))
    above, below = np.zeros(count, dtype=int), np.zeros(count, dtype=int)
    for i, j in zip(first[apart], second[apart], strict=True):
        higher, lower = (i, j) if values[i] > values[j] else (j, i)
        above[lower] += 1
        below[higher] += 1
    return [(1 + int(above[place]), count - int(below[place])) for place in range(count)]


def _macro(
    values: Floats, covariance: Floats, degrees: Ints, confidence: float
) -> tuple[float | None, float | None, float | None, float | None]:
    if len(values) < 2:
        return None, None, None, None
    mean = float(_scores(values).mean())
    slopes = _slopes(values) / len(values)
    parts = slopes**2 * np.diag(covariance)
    variance = float(slopes @ covariance @ slopes)
    if variance <= 0.0:
        return mean, 0.0, mean, mean
    freedom = max(1.0, float(parts.sum()) ** 2 / float((parts**2 / degrees).sum()))
    se = math.sqrt(variance)
    return mean, se, *t_interval(mean, se, freedom, low=0.0, high=100.0, confidence=confidence)
