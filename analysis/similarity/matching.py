"""AIS and IIS (eq. 5, 6), their decomposition and their exact permutation null.

Conventions: `analysis.similarity`.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.errors import MetricError
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space
from analysis.similarity.score import Denominator, Score, cluster_se, make_score, no_score, number_of_terms

Reference = Literal["fixed", "sampled"]


def ais(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
) -> Score:
    """Audio-image similarity (eq. 5): how much closer images lie to their own clip than to the other clips.

    Parameters
    ----------
    images : (G, d) embeddings of generated images, of any length
    audio : (T, d) embeddings of all test clips, generated from or not
    partner : (G,) row of `audio` that each image was made from
    denominator : "paper" divides the sum over the other T - 1 clips by T, as printed; "unbiased" by T - 1
    reference : "fixed" takes the T clips as the whole population, so only the generated images vary; "sampled" takes
        them as a sample of clips and lets them vary as well
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Score : x in cosines, score in points from 0 to 100 (50 = no advantage).

    Raises
    ------
    MetricError
        wrong shapes, unknown partner, zero vector or NaN.
    ScoreRangeError
        x lies outside [-1, 1].
    """
    return _advantage_over_others(
        images, audio, partner, others_name="audio", denominator=denominator, reference=reference, confidence=confidence
    )


def iis(
    images: ArrayLike,
    references: ArrayLike,
    partner: ArrayLike,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
) -> Score:
    """Image-image similarity (eq. 6): as `ais`, with the ground-truth images of the test items in place of the clips.

    Where the ground truth is a random picture of the same category, only the category part of it carries information:
    read `decompose` beside it.

    Parameters
    ----------
    images : (G, d) embeddings of generated images
    references : (T, d) embeddings of the ground-truth images
    partner : (G,) row of `references` of each image
    denominator, reference, confidence : as `ais`

    Returns
    -------
    Score : as `ais`.

    Raises
    ------
    MetricError
        as `ais`.
    """
    return _advantage_over_others(
        images,
        references,
        partner,
        others_name="references",
        denominator=denominator,
        reference=reference,
        confidence=confidence,
    )


def _advantage_over_others(
    images: ArrayLike,
    others: ArrayLike,
    partner: ArrayLike,
    *,
    others_name: str,
    denominator: Denominator,
    reference: Reference,
    confidence: float,
) -> Score:
    image_rows, other_rows = Rows(images, name="images"), Rows(others, name=others_name)
    own = as_partner(partner, n=len(image_rows), n_others=len(other_rows), name="partner")
    return score_from_rows(
        image_rows, other_rows, own, denominator=denominator, reference=reference, confidence=confidence
    )


def score_from_rows(
    images: Rows,
    others: Rows,
    partner: Ints,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
    dots: Floats | None = None,
    own: Floats | None = None,
    strict: bool = True,
) -> Score:
    """`ais` or `iis` from rows already read once.

    Args:
        strict: raise where x leaves the scale; otherwise the score's status says so.
        dots: (G,) product of every image with the sum of `others`, where the caller has it from a shared pass.
        own: (G,) cosine of every image with its partner, likewise.
    """
    check_same_space(images, others)
    n_others = len(others)
    options = {"denominator": denominator, "reference": reference, "T": n_others, "G": len(images)}
    terms = number_of_terms(denominator, n_others)
    clusters = np.flatnonzero(np.bincount(partner, minlength=n_others))
    if n_others < 2:
        return no_score(len(images), len(clusters), options, "only one test item: there is nothing to compare with")
    if own is None:
        own = images.paired_with(others, partner)
    with_all = images.times(others.total) if dots is None else dots
    advantages = own - (with_all - own) / terms
    x = float(advantages.mean())
    shown = others.total if len(clusters) == n_others else others.sum(np.isin(np.arange(n_others), clusters))
    chance = float(images.total @ shown) / (len(images) * len(clusters))
    null = chance * (1.0 + 1.0 / terms) - float(with_all.mean()) / terms
    per_item = np.bincount(partner, weights=advantages - x, minlength=n_others).astype(np.float64) / len(images)
    if reference == "fixed":
        se = cluster_se(per_item[clusters])
        n_units = len(clusters)
    else:
        towards = others.times(images.total / len(images))
        # A test item takes part as an image's own and as one of the others of every image.
        se = cluster_se(per_item - (towards - towards.mean()) / terms)
        n_units = n_others if len(clusters) == n_others else len(clusters)
    return make_score(x, se, len(images), n_units, null, options, confidence, advantages, strict=strict)


def scores_by_label(
    images: Rows,
    others: Rows,
    partner: Ints,
    labels: ArrayLike,
    *,
    denominator: Denominator = "paper",
    confidence: float = 0.95,
) -> dict[str, Score]:
    """AIS (or IIS) of the images of each label, all compared with the same T items.

    The null deals all items that images were made from out to the images, whatever their label. Where x leaves the
    scale the score's status says so.
    """
    check_same_space(images, others)
    names, codes = as_codes(labels, n=len(images), name="labels")
    n_others = len(others)
    terms = number_of_terms(denominator, n_others)
    options = {"denominator": denominator, "reference": "fixed", "T": n_others}
    if n_others < 2:
        reason = "only one test item: there is nothing to compare with"
        return {str(name): no_score(int((codes == code).sum()), 1, options, reason) for code, name in enumerate(names)}
    used = np.bincount(partner, minlength=n_others) > 0
    products = images.times(np.column_stack([others.total, others.sum(used) / used.sum()]))
    own = images.paired_with(others, partner)
    advantages = own - (products[:, 0] - own) / terms
    chance = products[:, 1] * (1.0 + 1.0 / terms) - products[:, 0] / terms
    found: dict[str, Score] = {}
    for code, name in enumerate(names):
        mine = codes == code
        values = advantages[mine]
        x = float(values.mean())
        units, place = np.unique(partner[mine], return_inverse=True)
        influence = np.bincount(place, weights=values - x).astype(np.float64) / len(values)
        found[str(name)] = make_score(
            x,
            cluster_se(influence),
            len(values),
            len(units),
            float(chance[mine].mean()),
            options | {"G": len(values)},
            confidence,
            values,
            strict=False,
        )
    return found


@dataclass(frozen=True)
class Alignment:
    """What a matched similarity is made of: mean cosines over the n images whose category holds two or more items.

    matched, same_label, other_label   with the own item, with the category's other items, with other categories' items
    instance   matched - same_label: closer to the own item than to its category
    category   same_label - other_label: closer to the own category than to the others
    None where it does not exist: no category with two items, or one category only.
    """

    matched: float | None
    same_label: float | None
    other_label: float | None
    instance: float | None
    category: float | None
    n: int


def decompose(images: ArrayLike, others: ArrayLike, partner: ArrayLike, labels: ArrayLike) -> Alignment:
    """Split the advantage of matched items into instance and category alignment.

    Only items that some image was made from take part: the categories are those of the images.

    Args:
        labels: (G,) category of each image; images of one item share it.
    """
    setting = _matching_setting(images, others, partner, labels)
    groups = [group for group in setting.groups if len(group) > 1]
    n = sum(int(setting.sizes[group].sum()) for group in groups)
    if not n:
        return Alignment(None, None, None, None, None, 0)
    everything = setting.others.sum(axis=0)
    matched = same = other = 0.0
    for group in groups:
        towards, own = setting.images[group].sum(axis=0), setting.others[group].sum(axis=0)
        matched_here = float(np.vecdot(setting.images[group], setting.others[group]).sum())
        matched += matched_here / n
        same += (float(towards @ own) - matched_here) / (len(group) - 1) / n
        n_rest = len(setting.others) - len(group)
        other += float(towards @ (everything - own)) / max(n_rest, 1) / n
    if len(setting.groups) < 2:
        return Alignment(matched, same, None, matched - same, None, n)
    return Alignment(matched, same, other, matched - same, same - other, n)


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


EXACT_ARRANGEMENTS = 50_000
MONTE_CARLO_UNITS = 2_500


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
    setting = _matching_setting(images, others, partner, within)
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
class _Setting:
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


def _matching_setting(images: ArrayLike, others: ArrayLike, partner: ArrayLike, labels: ArrayLike | None) -> _Setting:
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
    return _Setting(summed, other_rows.unit(items), sizes, groups)


def _hoeffding_variance(a: Floats, b: Floats) -> float:
    """Variance of sum_i a_i . b_pi(i) over all permutations: sum of squared doubly centred products / (n - 1)."""
    # Hoeffding (1951): with d_ij the products less the means of row and column plus that of all, sum d_ij^2 / (n - 1).
    n = len(a)
    if n < 2:
        return 0.0
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    squares = float(((a @ b.T) ** 2).sum()) if n <= a.shape[1] else float(((a.T @ a) * (b.T @ b)).sum())
    return max(0.0, squares) / (n - 1)


def _p_of_setting(setting: _Setting, z: float, draws: int, seed: int) -> tuple[float, str, int]:
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
