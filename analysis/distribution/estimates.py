"""Distribution metrics with their sampling noise and with what they would be if there were no difference at all.

Conventions
    The interval comes from a delete-a-group jackknife: clips are dealt into groups by seed, each group is left out in
    turn (of each set), and t quantiles are taken. It tells how much the number would vary were the sets drawn again at
    the same size. It does not take away the bias that small sets give a Frechet distance. The jackknife overstates the
    spread of most of these numbers, so intervals are wide rather than narrow; with very few clips those of bounded
    numbers are too narrow, hence `interval_from`.
    The null of a two-sample metric is its mean over random re-splits of the pooled rows into sets of the same sizes;
    what belongs to one unit (recording, or clip) goes to one side.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.distribution.frechet import conditional_frechet
from analysis.distribution.kernels import KernelDistance
from analysis.distribution.rows import Floats, as_features
from analysis.errors import MetricError
from analysis.intervals import jackknife_variance, t_interval

# Pairs of rows up to which a metric is computed anew for so many groups left out and so many re-splits.
EFFORT = ((1_000_000, 20, 19), (20_000_000, 10, 9), (math.inf, 5, 5))
CLASS_GROUPS = 10
# Groups of one set that are left out in turn.
MOST_GROUPS = 20
NO_BOUNDS = (-math.inf, math.inf)
Ints = NDArray[np.int64]
Statistic = Callable[[Floats, Floats], dict[str, float]]


@dataclass(frozen=True)
class DistributionEstimate:
    """A metric at its sample sizes, with interval and null; a part that does not exist is None."""

    value: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    null: float | None
    n: tuple[int, ...]
    method: str
    status: str = "ok"
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(self.__dict__) | {"n": list(self.n)}


def missing(n: tuple[int, ...], reason: str, status: str = "too_small") -> DistributionEstimate:
    """An estimate that does not exist, and why."""
    return DistributionEstimate(None, None, None, None, None, n, "none", status, reason)


def estimate_many(
    statistic: Statistic,
    a: ArrayLike,
    b: ArrayLike,
    *,
    a_units: ArrayLike | None = None,
    b_units: ArrayLike | None = None,
    at_least: int = 2,
    interval_from: int = 2,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, DistributionEstimate]:
    """Two-sample metrics that are computed together, by name.

    Args:
        statistic: from two tables of rows to values by name.
        a_units: (n,) recording or clip of each row of a where several rows share one; whole ones are left out together.
        b_units: the same of b.
        at_least: rows that the statistic needs of each set.
        interval_from: clips of each set below which the intervals do not hold, and there is none.
        bounds: where the ends of an interval must stop, by name.

    Raises:
        MetricError: a set has fewer rows than `at_least`.
    """
    tables = as_features(a, name="first set", at_least=at_least), as_features(b, name="second set", at_least=at_least)
    size = len(tables[0]) * len(tables[1])
    groups, splits = next(effort for limit, *effort in EFFORT if size <= limit)
    rng = np.random.default_rng(seed)
    value = statistic(*tables)
    variance: dict[str, float] = dict.fromkeys(value, 0.0)
    degrees = math.inf
    for place, units in ((0, a_units), (1, b_units)):
        dealt = _deal(units, len(tables[place]), groups, rng, fewest=interval_from)
        if dealt is None or min(len(dealt) - np.bincount(dealt)) < at_least:
            degrees = 0
            continue
        count = int(dealt.max()) + 1
        degrees = min(degrees, count - 1)
        left = [_without(statistic, tables, place, dealt == group) for group in range(count)]
        for name in value:
            variance[name] += jackknife_variance(np.array([one[name] for one in left]))
    nulls = _null_means(statistic, tables, (a_units, b_units), splits, rng)
    ends = bounds or {}
    sizes = len(tables[0]), len(tables[1])
    return {
        name: _make(
            one,
            variance[name],
            degrees,
            sizes,
            confidence,
            ends.get(name, NO_BOUNDS),
            nulls[name],
            groups,
            interval_from,
        )  # fmt: skip
        for name, one in value.items()
    }


def estimate_one(
    statistic: Callable[[Floats], float],
    a: ArrayLike,
    *,
    units: ArrayLike | None = None,
    interval_from: int = 2,
    bounds: tuple[float, float] = NO_BOUNDS,
    confidence: float = 0.95,
    seed: int = 0,
) -> DistributionEstimate:
    """A metric of one set, with an interval from `interval_from` clips on."""
    table = as_features(a, name="images", at_least=2)
    value, rng = statistic(table), np.random.default_rng(seed)
    dealt = _deal(units, len(table), MOST_GROUPS, rng, fewest=interval_from)
    if dealt is None or min(len(dealt) - np.bincount(dealt)) < 2:
        return _make(value, 0.0, 0, (len(table),), confidence, bounds, None, MOST_GROUPS, interval_from)
    count = int(dealt.max()) + 1
    values = np.array([statistic(table[dealt != group]) for group in range(count)])
    return _make(value, jackknife_variance(values), count - 1, (len(table),), confidence, bounds, None, MOST_GROUPS)


def estimate_kernel(
    distance: KernelDistance,
    *,
    scale: float = 1.0,
    a_units: ArrayLike | None = None,
    b_units: ArrayLike | None = None,
    confidence: float = 0.95,
) -> DistributionEstimate:
    """Unbiased squared MMD with the standard error of its row influences; its null is nought by construction."""
    variance, degrees = 0.0, math.inf
    for influence, units in ((distance.influence_a, a_units), (distance.influence_b, b_units)):
        codes = _codes(units, len(influence))
        sums = np.bincount(codes, weights=influence / len(influence))
        degrees = min(degrees, len(sums) - 1)
        if len(sums) > 1:
            variance += len(sums) / (len(sums) - 1) * float(sums @ sums)
    sizes = len(distance.influence_a), len(distance.influence_b)
    made = _make(scale * distance.unbiased, scale**2 * variance, degrees, sizes, confidence, NO_BOUNDS, 0.0, 0)
    return replace(made, method="influence of each clip")


def estimate_classes(
    a: ArrayLike,
    a_labels: ArrayLike,
    b: ArrayLike,
    b_labels: ArrayLike,
    *,
    a_units: ArrayLike | None = None,
    b_units: ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, DistributionEstimate]:
    """`conditional_frechet` with intervals: "between", "within", and "class:<name>" for each class.

    Clips are dealt into groups inside their class, at most ten and at most as many as the smallest class has, so that
    every class keeps rows of its own. They have no null: it depends on the sizes of all classes.

    Raises:
        MetricError: no common class, or a class with one row on one side.
    """
    tables = as_features(a, name="first set"), as_features(b, name="second set")
    labels = np.asarray(a_labels), np.asarray(b_labels)

    def values(kept: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
        parts = [(table[rows], own[rows]) for table, own, rows in zip(tables, labels, kept, strict=True)]
        found = conditional_frechet(*parts[0], *parts[1])
        inside = {f"class:{name}": value for name, value in found.by_class.items()}
        return {"between": found.between, "within": found.within} | inside

    everything = tuple(np.ones(len(table), dtype=bool) for table in tables)
    value = values((everything[0], everything[1]))
    variance: dict[str, float] = dict.fromkeys(value, 0.0)
    degrees, rng = math.inf, np.random.default_rng(seed)
    classes = set(labels[0].tolist()) & set(labels[1].tolist())
    for place, units in ((0, a_units), (1, b_units)):
        dealt = _deal_in_classes(_codes(units, len(tables[place])), labels[place], classes, rng)
        if dealt is None:
            degrees = 0
            break
        count = int(dealt.max()) + 1
        degrees = min(degrees, count - 1)
        left = []
        for group in range(count):
            kept = (dealt != group, everything[1]) if place == 0 else (everything[0], dealt != group)
            left.append(values(kept))
        for name in value:
            variance[name] += jackknife_variance(np.array([one[name] for one in left]))
    sizes = len(tables[0]), len(tables[1])
    return {
        name: _make(one, variance[name], degrees, sizes, confidence, (0.0, math.inf), None, CLASS_GROUPS)
        for name, one in value.items()
    }


def _deal_in_classes(units: Ints, labels: np.ndarray, classes: set[Any], rng: np.random.Generator) -> Ints | None:
    """Group of each row, whole units together and evenly in each class; None where a class would keep one row."""
    own = {name: np.unique(units[labels == name]) for name in sorted(classes)}
    count = min(CLASS_GROUPS, *(len(members) for members in own.values()))
    if count < 2:
        return None
    group_of = np.zeros(int(units.max()) + 1, dtype=np.int64)
    for members in own.values():
        group_of[members] = rng.permutation(len(members)) % count
    dealt = group_of[units]
    for name in own:
        mine = dealt[labels == name]
        if len(mine) - int(np.bincount(mine).max()) < 2:
            return None
    return dealt


def _codes(units: ArrayLike | None, n: int) -> Ints:
    if units is None:
        return np.arange(n)
    array = np.asarray(units)
    if array.shape != (n,):
        raise MetricError(f"units: expected one entry for each of {n} rows, got shape {array.shape}")
    return np.unique(array, return_inverse=True)[1]


def _deal(units: ArrayLike | None, n: int, groups: int, rng: np.random.Generator, *, fewest: int) -> Ints | None:
    """Group of each row, whole units together; None with fewer than `fewest` units."""
    codes = _codes(units, n)
    n_units = int(codes.max()) + 1
    if n_units < fewest:
        return None
    return (rng.permutation(n_units) % min(groups, n_units))[codes]


def _without(statistic: Statistic, tables: tuple[Floats, Floats], place: int, left_out: np.ndarray) -> dict[str, float]:
    kept = [table[~left_out] if place == position else table for position, table in enumerate(tables)]
    return statistic(*kept)


def _null_means(
    statistic: Statistic,
    tables: tuple[Floats, Floats],
    units: tuple[ArrayLike | None, ArrayLike | None],
    splits: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Mean over re-splits of the pooled rows; rows of one unit stay together, but for the one at the cut."""
    pooled, n = np.concatenate(tables), len(tables[0])
    first, second = (_codes(own, len(table)) for own, table in zip(units, tables, strict=True))
    codes = np.concatenate([first, int(first.max()) + 1 + second])
    single = int(codes.max()) + 1 == len(pooled)
    drawn = []
    for _ in range(splits):
        if single:
            order = rng.permutation(len(pooled))
        else:
            order = np.argsort(rng.permutation(int(codes.max()) + 1)[codes], kind="stable")
        drawn.append(statistic(pooled[order[:n]], pooled[order[n:]]))
    return {name: float(np.mean([one[name] for one in drawn])) for name in drawn[0]}


def _make(
    value: float,
    variance: float,
    degrees: float,
    n: tuple[int, ...],
    confidence: float,
    bounds: tuple[float, float],
    null: float | None,
    groups: int,
    interval_from: int = 2,
) -> DistributionEstimate:
    if degrees < 1:
        needed = f", which needs {interval_from}" if interval_from > 2 else ""
        reason = f"too few images from different clips: no interval{needed}"
        return DistributionEstimate(value, None, None, None, null, n, "none", "too_small", reason)
    se = math.sqrt(variance)
    low, high = t_interval(value, se, degrees, low=bounds[0], high=bounds[1], confidence=confidence)
    return DistributionEstimate(value, se, low, high, null, n, f"jackknife over at most {groups} groups of clips")
