"""Bootstraps of AIS, IIS and GIILS over clips: another way to the standard errors that the product takes otherwise.

A bootstrap sample holds copies. A copy of an image is not another image: pairs of one image with itself never count,
else a copy's similarity of 1 would inflate every similarity inside a label. A draw in which a label has no pair left is
dropped.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.similarity.intervals import CHUNK
from analysis.similarity.pool import Pool, make_pool
from analysis.similarity.rows import Floats, Ints
from analysis.similarity.score import Score, to_score


@dataclass(frozen=True)
class Bootstrap:
    """Percentile interval and standard error of a score over resampled clips; `values` holds every draw."""

    se: float
    ci_low: float
    ci_high: float
    values: Floats


def bootstrap_score(
    score: Score,
    *,
    clusters: ArrayLike | None = None,
    draws: int = 2_000,
    seed: int = 0,
    resamples: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Bootstrap:
    """Bootstrap of AIS or IIS over clips, from the advantages that the score carries.

    Args:
        clusters: (G,) clip of each image; None: every image is a clip of its own.
        resamples: (B, C) clip numbers to use in place of seeded draws.
    """
    if score.per_item is None:
        raise MetricError("the score carries no per-item values to resample")
    codes = np.arange(score.n) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if codes.shape != (score.n,):
        raise MetricError(f"clusters: expected one entry for each of {score.n} images, got shape {codes.shape}")
    sums = np.bincount(codes, weights=score.per_item)
    sizes = np.bincount(codes)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(sums), (draws, len(sums))) if resamples is None else np.asarray(resamples)
    means = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    return _percentiles(np.array([to_score(float(np.clip(x, -1.0, 1.0))) for x in means]), confidence)


def bootstrap_within(images: ArrayLike, resamples: ArrayLike) -> Floats:
    """Mean cosine between different images in each resample (B, n) of one label's images, copies left out, (B,)."""
    rows = np.asarray(images, dtype=np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    weights = _weights(np.asarray(resamples), len(unit))
    sums = weights @ unit
    copies = (weights**2).sum(axis=1)
    return (np.vecdot(sums, sums) - copies) / (weights.sum(axis=1) ** 2 - copies)


def bootstrap_giils(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    denominator: str = "paper",
    draws: int = 2_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[Hashable, Bootstrap]:
    """Bootstrap of the GIILS of every label (background: all images) over clips inside labels, copies left out.

    Labels with fewer than two clips are left out of the answer.
    """
    pool = make_pool(images, labels, clusters=clusters)
    unit, rng = pool.rows.unit(), np.random.default_rng(seed)
    values: dict[int, list[Floats]] = {code: [] for code in range(len(pool.names)) if pool.unit_counts[code] > 1}
    step = max(1, CHUNK // max(unit.size // len(unit), len(unit)))
    for start in range(0, draws, step):
        weights = _draw_by_label(pool, min(step, draws - start), rng)
        total, sizes = weights @ unit, weights.sum(axis=1)
        for code, found in values.items():
            mine = np.flatnonzero(pool.sample == code)
            found.append(_weighted_giils(pool, unit, weights, mine, total, sizes, denominator))
    return {
        pool.names[code]: _percentiles(_scores(np.concatenate(found)), confidence) for code, found in values.items()
    }


def _draw_by_label(pool: Pool, draws: int, rng: np.random.Generator) -> Floats:
    """(draws, rows) how often each row occurs when every label draws its clips again."""
    weights = np.zeros((draws, len(pool.rows)))
    for code in range(len(pool.names)):
        mine = np.flatnonzero(pool.sample == code)
        _, place = np.unique(pool.units[mine], return_inverse=True)
        count = int(place.max()) + 1
        weights[:, mine] = _weights(rng.integers(0, count, (draws, count)), count)[:, place]
    return weights


def _weighted_giils(
    pool: Pool, unit: Floats, weights: Floats, mine: Ints, total: Floats, sizes: Floats, denominator: str
) -> Floats:
    own = weights[:, mine] @ unit[mine]
    n = weights[:, mine].sum(axis=1)
    # Pairs inside one drawn clip count once for every time it was drawn; pairs across copies of a clip never count.
    _, place = np.unique(pool.units[mine], return_inverse=True)
    clips = np.zeros((int(place.max()) + 1, unit.shape[1]))
    np.add.at(clips, place, unit[mine])
    images = np.bincount(place)
    times = np.zeros((len(weights), len(clips)))
    times[:, place] = weights[:, mine]
    squares = np.vecdot(clips, clips)
    repeats, copied_pairs = (times**2) @ squares, (times**2) @ (images**2)
    kept, kept_pairs = times @ (squares - images), times @ (images**2 - images)
    pairs = n**2 - copied_pairs + kept_pairs
    within = (np.vecdot(own, own) - repeats + kept) / np.where(pairs > 0, pairs, np.nan)
    copies = (weights[:, mine] ** 2).sum(axis=1)
    divisor = n * sizes if denominator == "paper" else n * sizes - copies
    return within - (np.vecdot(own, total) - copies) / divisor


def _weights(resamples: Ints, n: int) -> Floats:
    weights = np.zeros((len(resamples), n))
    np.add.at(weights, (np.arange(len(resamples))[:, None], resamples), 1.0)
    return weights


def _percentiles(values: Floats, confidence: float) -> Bootstrap:
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, [50 * (1 - confidence), 50 * (1 + confidence)])
    return Bootstrap(float(values.std(ddof=1)), float(low), float(high), values)


def _scores(values: Floats) -> Floats:
    """Scores of many x; draws outside the scale stop at its ends."""
    return 100.0 * (1.0 - np.arccos(np.clip(values, -1.0, 1.0)) / np.pi)
