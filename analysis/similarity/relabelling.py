"""Exact law of GIILS-like statistics when labels are dealt out to clips at random.

Conventions: `analysis.similarity`.

With k of C units (clips; single images where every image is a clip of its own) drawn without replacement, every variant
of the statistic is const + sum of h over the ordered pairs drawn, so its mean and variance follow from the chances that
a given 2, 3 or 4 units are drawn together, in O(C d^2) and without drawing anything.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.errors import MetricError
from analysis.similarity.pool import Kind, Pool, background_terms, statistic
from analysis.similarity.rows import Floats, Ints, Rows

EXACT_SUBSETS = 20_000
GRAM_UNITS = 2_500
DRAW_BUDGET = 300_000_000
CHUNK = 4_000_000
# Two routes to one value differ by less than SLACK; a spread below ROUNDING is what is left of a variance of nought.
SLACK = 1e-9
ROUNDING = 1e-7


@dataclass(frozen=True)
class LabelNull:
    """Null of one label's statistic when labels are dealt out to clips at random.

    mean, sd   exact where every clip gave the same number of images (`moments` says "exact"), else from the draws
    z          (observed - mean) / sd; the law is skewed, so the p-value does not come from z
    p_value    one-sided, P(null >= observed), by `method`: "exact" over all subsets; "monte_carlo" as
               (1 + hits) / (1 + draws); "limit" draws the label's sum vector from its normal limit, for large labels
    n_units    clips of this label, out of n_population
    """

    observed: float | None
    mean: float | None
    sd: float | None
    z: float | None
    p_value: float | None
    method: str
    moments: str
    draws: int
    n_units: int
    n_population: int
    status: str = "ok"
    reason: str = ""


class Relabelling:
    """The units of a pool's sample, ready to be dealt out to labels again."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        chosen = np.flatnonzero(pool.sample >= 0)
        codes, place, self.sizes = np.unique(pool.units[chosen], return_inverse=True, return_counts=True)
        self.n_units = len(codes)
        if self.n_units == len(chosen):
            place = np.arange(len(chosen))  # every image its own clip: keep them in the order of the table
        self.label = np.empty(self.n_units, dtype=np.int64)
        self.label[place] = pool.sample[chosen]
        self.mixed = bool((self.label[place] != pool.sample[chosen]).any())
        self._chosen, self._place = chosen, place.astype(np.int64)

    @cached_property
    def equal_sizes(self) -> bool:
        return bool((self.sizes == self.sizes[0]).all())

    @cached_property
    def rows(self) -> Rows:
        """Sum vector of each unit."""
        if self.n_units == len(self.pool.rows):
            return self.pool.rows
        if self.n_units == len(self._chosen):
            return Rows(self.pool.rows.array[self._chosen], name="images")
        codes = np.full(len(self.pool.rows), -1)
        codes[self._chosen] = self._place
        return Rows(self.pool.rows.group_sums(codes, self.n_units), name="clips", normalise=False)

    @cached_property
    def squares(self) -> Floats:
        """Squared length of each unit's sum vector."""
        if (self.sizes == 1).all():
            return np.ones(self.n_units)
        return np.vecdot(self.rows.array, self.rows.array)

    @cached_property
    def towards_total(self) -> Floats:
        return self.rows.times(self.pool.sample_sum)

    @cached_property
    def towards_ground(self) -> Floats:
        return self.rows.times(self.pool.ground_sum)

    @cached_property
    def scatter(self) -> Floats:
        return self.rows.scatter()

    @cached_property
    def squared_products(self) -> float:
        """Sum over ordered pairs of different units of their squared product."""
        if self.n_units <= self.rows.array.shape[1]:
            unit = self.rows.unit()
            return float(((unit @ unit.T) ** 2).sum() - (self.squares**2).sum())
        return float((self.scatter**2).sum() - (self.squares**2).sum())

    # -- moments -----------------------------------------------------------------------------------------------------

    def coefficients(self, n: int, kind: Kind) -> tuple[float, float, float] | None:
        """(a, b, const) of x = const + a |S_L|^2 + b S_L . S_background for labels of n images, or None."""
        a = 1.0 / n**2 if kind.self_pairs else 1.0 / (n * (n - 1))
        const = 0.0 if kind.self_pairs else -1.0 / (n - 1)
        if kind.background is None:
            return a, 0.0, const
        if kind.background == "other_labels" and self.pool.separate:
            return None
        scale, self_terms = background_terms(self.pool.n_ground, n, self.pool.contained, kind)
        if kind.background == "other_labels":
            a += 1.0 / (n * scale)
        return a, -1.0 / (n * scale), const + self_terms / scale

    def mean(self, code: int, kind: Kind) -> float | None:
        """Mean of x over relabellings in O(C d); None where clips gave different numbers of images."""
        k, n = self._size_of(code)
        if self.mixed or not self.equal_sizes or n < 2:
            return None
        form = self.coefficients(n, kind)
        if form is None:
            return None
        a, b, const = form
        total = self.pool.sample_sum
        squares = float(self.n_units) if self.sizes[0] == 1 else float(self.squares.sum())
        units = self.n_units
        mean = const + k / units * (a * squares + b * float(total @ self.pool.ground_sum))
        if k > 1:
            mean += a * k * (k - 1) / (units * (units - 1)) * (float(total @ total) - squares)
        return mean

    def sd(self, code: int, kind: Kind) -> float | None:
        """Standard deviation of x over relabellings in O(C d^2); None where `mean` is None."""
        k, n = self._size_of(code)
        form = self.coefficients(n, kind) if n > 1 else None
        if form is None or self.mixed or not self.equal_sizes:
            return None
        a, b, _ = form
        alone = a * self.squares + b * (self.towards_ground if b else 0.0)
        if k == 1:
            return float(alone.std())
        units = self.n_units
        together = self.towards_total - self.squares
        share = alone / (k - 1)
        rows = a * together + ((units - 2) * share + share.sum()) / 2
        pairs = (
            a**2 * self.squared_products
            + 2 * a * float(share @ together)
            + ((units - 2) * float(share @ share) + float(share.sum()) ** 2) / 2
        )
        return math.sqrt(max(0.0, _pair_sum_variance(rows, pairs, k)))

    def _size_of(self, code: int) -> tuple[int, int]:
        return int(self._label_sizes[0][code]), int(self._label_sizes[1][code])

    @cached_property
    def _label_sizes(self) -> tuple[Ints, Ints]:
        """Units and images of each label."""
        count = len(self.pool.names)
        units = np.bincount(self.label, minlength=count)
        return units, np.bincount(self.label, weights=self.sizes, minlength=count).astype(np.int64)

    # -- p-values ----------------------------------------------------------------------------------------------------

    def null(self, code: int, kind: Kind, observed: float, *, draws: int, seed: int) -> LabelNull:
        """The whole null of one label."""
        k, n = self._size_of(code)
        units = self.n_units
        if self.mixed:
            raise MetricError("clusters: images of one clip carry different labels: clips cannot be relabelled")
        if kind.background == "other_labels" and self.pool.separate:
            raise MetricError("label_null: background='other_labels' needs the whole set as images")
        if k == units:
            reason = "one label only: every relabelling is the same"
            return LabelNull(observed, observed, 0.0, None, None, "none", "exact", 0, k, units, "degenerate", reason)
        if not kind.self_pairs and int(np.sort(self.sizes)[:k].sum()) < 2:
            reason = "some relabellings give the label one image: no pair"
            return LabelNull(observed, None, None, None, None, "none", "exact", 0, k, units, "too_small", reason)
        values, method = self._draw_values(k, kind, draws, np.random.default_rng([seed, code]))
        exact = self.equal_sizes
        mean = self.mean(code, kind) if exact else float(values.mean())
        sd = self.sd(code, kind) if exact else float(values.std(ddof=0 if method == "exact" else 1))
        assert mean is not None
        assert sd is not None
        if sd <= ROUNDING:
            reason = "every relabelling gives the same value"
            return LabelNull(observed, mean, 0.0, None, None, "none", "exact", 0, k, units, "degenerate", reason)
        hits = int((values >= observed - SLACK).sum())
        p_value = hits / len(values) if method == "exact" else (1 + hits) / (1 + len(values))
        moments = "exact" if exact or method == "exact" else "monte_carlo"
        return LabelNull(observed, mean, sd, (observed - mean) / sd, p_value, method, moments, len(values), k, units)

    def _draw_values(self, k: int, kind: Kind, draws: int, rng: np.random.Generator) -> tuple[Floats, str]:
        units = self.n_units
        if math.comb(units, k) <= EXACT_SUBSETS:
            subsets = np.array(list(itertools.combinations(range(units), k)))
            return self._values_of(subsets, kind), "exact"
        cost = draws * k * min(k if units <= GRAM_UNITS else self.rows.array.shape[1], self.rows.array.shape[1])
        if cost > DRAW_BUDGET and self.equal_sizes:
            return self._limit_values(k, kind, draws, rng), "limit"
        if cost > DRAW_BUDGET:
            draws = max(499, int(draws * DRAW_BUDGET / cost))
        return np.concatenate(
            [self._values_of(subsets, kind) for subsets in _random_subsets(units, k, draws, rng)]
        ), "monte_carlo"

    def _values_of(self, subsets: Ints, kind: Kind) -> Floats:
        """x of each subset of units, (number of subsets,)."""
        n = self.sizes[subsets].sum(axis=1)
        squares = np.empty(len(subsets))
        k = subsets.shape[1]
        gram = self.gram if self.n_units <= GRAM_UNITS and k <= self.rows.array.shape[1] else None
        step = max(1, CHUNK // (k * (k if gram is not None else self.rows.array.shape[1])))
        for start in range(0, len(subsets), step):
            part = subsets[start : start + step]
            if gram is not None:
                squares[start : start + step] = gram[part[:, :, None], part[:, None, :]].sum(axis=(1, 2))
            else:
                sums = self.rows.unit(part.ravel()).reshape(len(part), k, -1).sum(axis=1)
                squares[start : start + step] = np.vecdot(sums, sums)
        towards = self.towards_ground[subsets].sum(axis=1) if kind.background else np.zeros(len(subsets))
        return self._statistic(squares, towards, n, kind)

    @cached_property
    def gram(self) -> Floats:
        unit = self.rows.unit()
        return unit @ unit.T

    def _statistic(self, squares: Floats, towards: Floats, n: Floats | int, kind: Kind) -> Floats:
        if kind.background == "other_labels":
            towards = towards - squares
        return statistic(squares, towards, n, self.pool.n_ground, n, self.pool.contained, kind)

    def _limit_values(self, k: int, kind: Kind, draws: int, rng: np.random.Generator) -> Floats:
        """x from the normal limit of the label's sum vector (central limit theorem for draws without replacement)."""
        units = self.n_units
        centre = self.pool.sample_sum / units
        covariance = self.scatter / units - np.outer(centre, centre)
        spread, axes = np.linalg.eigh(covariance * k * (units - k) / (units - 1))
        root = axes * np.sqrt(np.clip(spread, 0.0, None))
        values = np.empty(draws)
        step = max(1, CHUNK // len(centre))
        for start in range(0, draws, step):
            size = min(step, draws - start)
            sums = k * centre + rng.standard_normal((size, len(centre))) @ root.T
            squares = np.vecdot(sums, sums)
            values[start : start + size] = self._statistic(
                squares, sums @ self.pool.ground_sum, k * int(self.sizes[0]), kind
            )
        return values


def _pair_sum_variance(row_sums: Floats, squares: float, k: int) -> float:
    """Variance of the sum of h over ordered pairs inside a random k-subset of C units.

    Args:
        row_sums: (C,) sum of h over the other units.
        squares: sum of h^2 over ordered pairs.
    """
    units = len(row_sums)
    mean = float(row_sums.sum()) / (units * (units - 1))
    rows = row_sums - mean * (units - 1)
    squares = squares - units * (units - 1) * mean**2
    stars = float(rows @ rows)
    two = k * (k - 1) / (units * (units - 1))
    three = two * (k - 2) / (units - 2) if units > 2 else 0.0
    four = three * (k - 3) / (units - 3) if units > 3 else 0.0
    # Two ordered pairs share both units, exactly one, or none; centred, all products together add up to zero.
    return two * 2 * squares + three * 4 * (stars - squares) + four * (2 * squares - 4 * stars)


def _random_subsets(units: int, k: int, draws: int, rng: np.random.Generator) -> list[Ints]:
    chunks = []
    step = max(1, CHUNK // units)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        chunks.append(rng.permuted(np.tile(np.arange(units), (size, 1)), axis=1)[:, :k])
    return chunks
