"""GIILS (eq. 8), similarity inside a label, and their label-permutation null. Conventions: `analysis.similarity`."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.similarity_label_null import LabelNull, Relabelling
from analysis.similarity_label_pool import WITHIN, Background, Kind, Pool, make_pool, statistic
from analysis.similarity_rows import Floats, Ints
from analysis.similarity_score import Denominator, Score, make_score, no_score


def giils(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    background: Background = "all",
    background_images: ArrayLike | None = None,
    background_labels: ArrayLike | None = None,
    self_pairs: bool = False,
    denominator: Denominator = "paper",
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> dict[Hashable, Score]:
    """Generated images intra-label similarity of each label (eq. 8).

    Args:
        images: (n, d) embeddings whose pairs are averaged.
        labels: (n,) label of each image.
        background: what an image of a label is compared with: "all" generated images, or those of "other_labels".
        background_images: (G, d) the whole generated set, where `images` is a sample of it; an image found in it (byte
            for byte) is left out of its own background once. None: `images` is the whole set.
        background_labels: (G,) needed with `background_images` for background="other_labels".
        self_pairs: count each image as a pair with itself, which adds (1 - within) / n to x.
        clusters: (n,) clip of each image where several share one; the jackknife then leaves out whole clips.

    Returns:
        One `Score` per label, in sorted order. A label with one image has status too_small and no value.

    Raises:
        MetricError: wrong shapes, zero vector or NaN, or x outside [-1, 1].
    """
    pool = make_pool(images, labels, background_images, background_labels, clusters)
    return giils_of_pool(pool, Kind(background, self_pairs, denominator), confidence=confidence)


@dataclass(frozen=True)
class WithinLabel:
    """Mean cosine of different images of one label, with its jackknife standard error."""

    mean: float | None
    se: float | None
    n: int
    n_units: int
    status: str = "ok"
    reason: str = ""


def within_label(
    images: ArrayLike, labels: ArrayLike, *, clusters: ArrayLike | None = None
) -> dict[Hashable, WithinLabel]:
    """Mean pairwise cosine inside each label: the part of GIILS that tells collapse from variety."""
    pool = make_pool(images, labels, None, None, clusters)
    products = _Products(pool)
    found: dict[Hashable, WithinLabel] = {}
    for code, name in enumerate(pool.names):
        n, units = int(pool.counts[code]), len(pool.units_of(code))
        if n < 2:
            found[name] = WithinLabel(None, None, n, units, "too_small", "one image: no pair")
            continue
        se = products.jackknife_se(code, WITHIN)
        reason = "" if se is not None else "too few clips: no standard error"
        status = "ok" if se is not None else "too_small"
        found[name] = WithinLabel(products.value(code, WITHIN), se, n, units, status, reason)
    return found


def giils_of_pool(pool: Pool, kind: Kind, *, confidence: float = 0.95, strict: bool = True) -> dict[Hashable, Score]:
    """`giils` of a pool that is already built; labels outside the sample are left out.

    Where x leaves the scale it raises, or with strict=False the score's status says so.
    """
    products, relabelling = _Products(pool), Relabelling(pool)
    found: dict[Hashable, Score] = {}
    for code, name in enumerate(pool.names):
        n = int(pool.counts[code])
        if n == 0:
            continue
        options = {
            "background": kind.background,
            "self_pairs": kind.self_pairs,
            "denominator": kind.denominator,
            "G": pool.n_ground,
            "n_per_label": n,
        }
        n_units = len(pool.units_of(code))
        reason = _undefined(pool, code, kind)
        if reason:
            found[name] = no_score(n, n_units, options, reason)
            continue
        se = products.jackknife_se(code, kind)
        null = relabelling.mean(code, kind)
        missing = "too few images from different clips: no standard error"
        x = products.value(code, kind)
        found[name] = make_score(x, se, n, n_units, null, options, confidence, missing_se=missing, strict=strict)
    return found


def _undefined(pool: Pool, code: int, kind: Kind) -> str:
    """Why the statistic does not exist for this label, or an empty string."""
    n = int(pool.counts[code])
    if n < 2:
        return "one image: no pair"
    if kind.background is None:
        return ""
    if kind.background == "other_labels" and not pool.labelled_ground:
        raise MetricError("background_labels: needed with background_images for background='other_labels'")
    terms = pool.n_ground - (int((pool.ground == code).sum()) if kind.background == "other_labels" else 1)
    return "" if terms > 0 else "no image outside this label: there is nothing to compare with"


class _Products:
    """The few sums of products from which every value, jackknife and null mean of a pool follows."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.label_sums = pool.label_sums
        self._by_row: Floats | None = None

    @property
    def by_row(self) -> Floats:
        """(rows, K + 1 or 2 K + 1): products with the label sums, the ground sum and, if other, the ground's labels."""
        if self._by_row is None:
            parts = [self.label_sums, self.pool.ground_sum[None]]
            if self.pool.separate:
                parts.append(self.pool.ground_sums)
            self._by_row = self.pool.rows.times(np.concatenate(parts).T)
        return self._by_row

    def value(self, code: int, kind: Kind) -> float:
        pool = self.pool
        own = self.label_sums[code]
        other = kind.background == "other_labels"
        ground = self.pool.ground_sum - self.pool.ground_sums[code] if other else self.pool.ground_sum
        n_label = int((pool.ground == code).sum())
        squares, towards = float(own @ own), float(own @ ground)
        return float(statistic(squares, towards, pool.counts[code], pool.n_ground, n_label, pool.contained, kind))

    def jackknife_se(self, code: int, kind: Kind) -> float | None:
        """Stratified delete-one-unit jackknife of the whole statistic, background included."""
        pool = self.pool
        relevant = pool.sample == code
        if kind.background is not None:
            relevant = relevant | (pool.ground >= 0)
        rows = np.flatnonzero(relevant)
        if pool.single:
            places, units = np.arange(len(rows)), rows
        else:
            units, places = np.unique(pool.units[rows], return_inverse=True)
        left = self._left_out(code, kind, rows, places, len(units))
        in_label = np.bincount(places, weights=pool.sample[rows] == code, minlength=len(units)) > 0
        if in_label.sum() < 2 or (left.n[in_label] < 2).any():
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistic(left.squares, left.towards, left.n, left.ground, left.label, pool.contained, kind)
        if not np.isfinite(values).all():
            return None
        label_of_unit = np.zeros(len(units), dtype=np.int64)
        label_of_unit[places] = pool.ground[rows]
        strata = np.where(in_label, -1, label_of_unit)
        variance = 0.0
        for stratum in np.unique(strata):
            part = values[strata == stratum]
            variance += (len(part) - 1) / len(part) * float(((part - part.mean()) ** 2).sum())
        return math.sqrt(variance)

    def _left_out(self, code: int, kind: Kind, rows: Ints, places: Ints, n_units: int) -> _LeftOut:
        """The sums that remain when each unit in turn is left out."""
        pool, other = self.pool, kind.background == "other_labels"
        own, n_names = self.label_sums[code], len(pool.names)
        in_sample = pool.sample[rows] == code
        in_ground = pool.ground[rows] >= 0
        in_label = pool.ground[rows] == code
        if other:
            in_ground = in_ground & ~in_label
        with_own = self.by_row[rows, code]
        with_ground = self.by_row[rows, n_names]
        ground = self.pool.ground_sum
        if other:
            with_ground = with_ground - self.by_row[rows, n_names + 1 + code if pool.separate else code]
            ground = ground - self.pool.ground_sums[code]

        def per_unit(values: Floats, mask: np.ndarray) -> Floats:
            return np.bincount(places[mask], weights=values[mask], minlength=n_units).astype(np.float64)

        ones = np.ones(len(rows))
        if pool.single:
            square, cross = in_sample.astype(float), (in_sample & in_ground).astype(float)
        else:
            vectors = pool.rows.unit(rows)
            sample_part = _sum_rows(vectors, places, in_sample, n_units)
            square = np.vecdot(sample_part, sample_part)
            cross = np.vecdot(sample_part, _sum_rows(vectors, places, in_ground, n_units))
        return _LeftOut(
            squares=float(own @ own) - 2 * per_unit(with_own, in_sample) + square,
            towards=float(own @ ground) - per_unit(with_ground, in_sample) - per_unit(with_own, in_ground) + cross,
            n=pool.counts[code] - per_unit(ones, in_sample),
            ground=pool.n_ground - per_unit(ones, pool.ground[rows] >= 0),
            label=int((pool.ground == code).sum()) - per_unit(ones, in_label),
        )


@dataclass(frozen=True)
class _LeftOut:
    squares: Floats
    towards: Floats
    n: Floats
    ground: Floats
    label: Floats


def _sum_rows(vectors: Floats, places: Ints, mask: np.ndarray, n: int) -> Floats:
    sums = np.zeros((n, vectors.shape[1]))
    np.add.at(sums, places[mask], vectors[mask])
    return sums


def label_null(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    of: Literal["giils", "within"] = "giils",
    background: Background = "all",
    background_images: ArrayLike | None = None,
    self_pairs: bool = False,
    denominator: Denominator = "paper",
    clusters: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> dict[Hashable, LabelNull]:
    """Null of each label's GIILS x (or of its mean pairwise cosine, of="within") when labels are dealt out at random.

    Mean and standard deviation are exact by moments; the law is skewed, so the one-sided p-value is counted over all
    subsets or over seeded draws. Labels move over whole clips where `clusters` is given.
    """
    pool = make_pool(images, labels, background_images, None, clusters)
    kind = Kind(background, self_pairs, denominator) if of == "giils" else Kind(None, self_pairs)
    return label_null_of_pool(pool, kind, draws=draws, seed=seed)


def label_null_of_pool(pool: Pool, kind: Kind, *, draws: int = 9_999, seed: int = 0) -> dict[Hashable, LabelNull]:
    """`label_null` of a pool that is already built; labels outside the sample are left out."""
    products, relabelling = _Products(pool), Relabelling(pool)
    found: dict[Hashable, LabelNull] = {}
    for code, name in enumerate(pool.names):
        if pool.counts[code] == 0:
            continue
        reason = _undefined(pool, code, kind)
        if reason:
            k, units = len(pool.units_of(code)), relabelling.n_units
            found[name] = LabelNull(None, None, None, None, None, "none", "none", 0, k, units, "too_small", reason)
            continue
        found[name] = relabelling.null(code, kind, products.value(code, kind), draws=draws, seed=seed)
    return found
