"""The exact permutation null behind AIS and IIS: matched items dealt out to the images' clips at random.

Conventions: `analysis.similarity`.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.errors import MetricError
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space

EXACT_ARRANGEMENTS = 50_000
MONTE_CARLO_UNITS = 2_500


@dataclass(frozen=True)
class MatchingNull:
    """Null of the mean matched cosine when items are dealt out to the images' clips at random.

    mean, sd   exact (Hoeffding); z is the observed value in these units and is the same for x
    p_value    one-sided, P(null >= observed), by `method`: "exact" over all permutations, "monte_carlo" as
               (1 + hits) / (1 + draws), "normal" from z; None when there is only one arrangement
    n_units    clips that are permuted
    """

    observed: float
    mean: float
    sd: float
    z: float | None
    p_value: float | None
    method: str
    draws: int
    n_units: int
    status: str = "ok"
    reason: str = ""


def matching_null(
    images: ArrayLike,
    others: ArrayLike,
    partner: ArrayLike,
    *,
    within: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> MatchingNull:
    """Exact moments and one-sided p of the mean matched cosine under random matching.

    The items that images were made from are permuted over the clips, so several images of one clip stay together.

    Parameters
    ----------
    images : (G, d); others : (T, d); partner : (G,) row of `others`, as `ais`
    within : (G,) category of each image; items are then permuted only inside their category
    draws : Monte-Carlo permutations where there are more than 50,000 arrangements; 0 takes the normal law
    seed : of these draws

    Returns
    -------
    MatchingNull : mean and sd in cosines, z and p; None with status and reason where there is one arrangement only.

    Raises
    ------
    MetricError
        wrong shapes, unknown partner, zero vector or NaN, or images of one item in several categories.

    References
    ----------
    Hoeffding (1951), Annals of Mathematical Statistics 22:558, for the moments.
    """
    if within is None and len(np.unique(np.asarray(partner))) > MONTE_CARLO_UNITS:
        image_rows, other_rows = Rows(images, name="images"), Rows(others, name="others")
        own = as_partner(partner, n=len(image_rows), n_others=len(other_rows), name="partner")
        return matching_moments(image_rows, other_rows, own)
    setting = matching_setting(images, others, partner, within)
    mean = variance = 0.0
    for group in setting.groups:
        a, b = setting.images[group], setting.others[group]
        mean += float(a.sum(axis=0) @ b.sum(axis=0)) / len(group)
        variance += _hoeffding_variance(a, b)
    observed, mean, sd = setting.matched_total() / setting.n, mean / setting.n, math.sqrt(variance) / setting.n
    if all(len(group) < 2 for group in setting.groups):
        reason = "one item only: nothing to permute" if within is None else "no category has two items to permute"
        return MatchingNull(observed, mean, 0.0, None, None, "none", 0, len(setting.others), "too_small", reason)
    if sd <= 1e-8:
        reason = "every arrangement gives the same similarity"
        return MatchingNull(observed, mean, 0.0, None, None, "none", 0, len(setting.others), "degenerate", reason)
    z = (observed - mean) / sd
    p_value, method, used = _p_of_setting(setting, z, draws, seed)
    return MatchingNull(observed, mean, sd, z, p_value, method, used, len(setting.others))


def matching_moments(images: Rows, others: Rows, partner: Ints, *, own: Floats | None = None) -> MatchingNull:
    """`matching_null` for many items: one pass over each table, no copy of either, p-value of the normal law.

    Args:
        own: (G,) cosine of every image with its partner, where the caller has it from a shared pass.
    """
    check_same_space(images, others)
    times = np.bincount(partner, minlength=len(others))
    units = int((times > 0).sum())
    if times.max() > 1:
        place = np.cumsum(times > 0)[partner] - 1
        summed = Rows(images.group_sums(place, units), name="images", normalise=False)
    else:
        summed = images
    used = None if units == len(others) else (times > 0).astype(np.float64)
    totals = summed.total, others.sum(used)
    mean = float(totals[0] @ totals[1]) / units / len(images)
    spreads = (
        rows.scatter(weights) - np.outer(total, total) / units
        for rows, weights, total in zip((summed, others), (None, used), totals, strict=True)
    )
    sd = math.sqrt(max(0.0, float(np.multiply(*spreads).sum())) / (units - 1)) / len(images)
    observed = float((images.paired_with(others, partner) if own is None else own).mean())
    if sd <= 1e-8:
        reason = "every arrangement gives the same similarity"
        return MatchingNull(observed, mean, 0.0, None, None, "none", 0, units, "degenerate", reason)
    z = (observed - mean) / sd
    return MatchingNull(observed, mean, sd, z, float(stats.norm.sf(z)), "normal", 0, units)


@dataclass(frozen=True)
class Setting:
    """Image vectors summed per item (C, d), the items themselves (C, d), and the groups inside which items move."""

    images: Floats
    others: Floats
    sizes: Ints
    groups: list[Ints]

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    def matched_total(self) -> float:
        return float(np.vecdot(self.images, self.others).sum())


def matching_setting(images: ArrayLike, others: ArrayLike, partner: ArrayLike, labels: ArrayLike | None) -> Setting:
    image_rows, other_rows = Rows(images, name="images"), Rows(others, name="others")
    check_same_space(image_rows, other_rows)
    own = as_partner(partner, n=len(image_rows), n_others=len(other_rows), name="partner")
    items, place, sizes = np.unique(own, return_inverse=True, return_counts=True)
    groups = [np.arange(len(items))]
    if labels is not None:
        names, codes = as_codes(labels, n=len(image_rows), name="labels")
        item_code = np.empty(len(items), dtype=np.int64)
        item_code[place] = codes
        mixed = np.flatnonzero(item_code[place] != codes)
        if mixed.size:
            raise MetricError(f"labels: images of item {int(own[mixed[0]])} carry different labels")
        groups = [np.flatnonzero(item_code == code) for code in range(len(names))]
    summed = image_rows.group_sums(place.astype(np.int64), len(items))
    return Setting(summed, other_rows.unit(items), sizes, groups)


def _hoeffding_variance(a: Floats, b: Floats) -> float:
    """Variance of sum_i a_i . b_pi(i) over all permutations: sum of squared doubly centred products / (n - 1)."""
    # Hoeffding (1951): with d_ij the products less the means of row and column plus that of all, sum d_ij^2 / (n - 1).
    n = len(a)
    if n < 2:
        return 0.0
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    squares = float(((a @ b.T) ** 2).sum()) if n <= a.shape[1] else float(((a.T @ a) * (b.T @ b)).sum())
    return max(0.0, squares) / (n - 1)


def _p_of_setting(setting: Setting, z: float, draws: int, seed: int) -> tuple[float, str, int]:
    sizes = [len(group) for group in setting.groups]
    if _arrangements(sizes) > EXACT_ARRANGEMENTS and (draws < 1 or max(sizes) > MONTE_CARLO_UNITS):
        return float(stats.norm.sf(z)), "normal", 0
    tables = [setting.images[group] @ setting.others[group].T for group in setting.groups]
    return matching_p(tables, setting.matched_total(), draws=draws, seed=seed)


def _arrangements(sizes: list[int]) -> int:
    return math.prod(math.factorial(min(size, 20)) for size in sizes)


def matching_p(tables: list[Floats], target: float, *, draws: int, seed: int) -> tuple[float, str, int]:
    """P(sum over the tables of sum_i table[i, pi(i)] >= target) over random permutations pi, one for each table.

    Returns:
        The probability, "exact" (all arrangements, where there are at most 50,000) or "monte_carlo", and how many.
    """
    arrangements = _arrangements([len(table) for table in tables])
    slack = 1e-10 * max(1.0, sum(float(np.abs(table).max()) * len(table) for table in tables))
    if arrangements <= EXACT_ARRANGEMENTS:
        totals = np.zeros(1)
        for table in tables:
            orders = np.array(list(itertools.permutations(range(len(table)))))
            totals = np.add.outer(totals, table[np.arange(len(table)), orders].sum(axis=1)).ravel()
        return float((totals >= target - slack).mean()), "exact", arrangements
    rng = np.random.default_rng(seed)
    hits = 0
    for start in range(0, draws, 1_000):
        size = min(1_000, draws - start)
        totals = np.zeros(size)
        for table in tables:
            orders = rng.permuted(np.tile(np.arange(len(table)), (size, 1)), axis=1)
            totals += table[np.arange(len(table)), orders].sum(axis=1)
        hits += int((totals >= target - slack).sum())
    return (1 + hits) / (1 + draws), "monte_carlo", draws
