"""Retrieval in the joint space: which images a clip finds.

Conventions
    A query is a clip that images were made from; the gallery is every image of the set. The rank of a clip is that of
    its best own image: 1 + the number of images strictly more similar. `rank_pessimistic` counts ties against it.
    Chance is the exact expectation when the gallery stands in random order.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from analysis.intervals import mean_half_width
from analysis.metrics.metric import Metric, MetricInput
from analysis.similarity import (
    BLOCK,
    MONTE_CARLO_UNITS,
    Floats,
    Ints,
    Rows,
    as_codes,
    as_partner,
    check_same_space,
    matching_p,
)

DEFAULT_KS = (1, 5, 10)


@dataclass(frozen=True)
class Rate:
    """A mean over queries with its 95 % interval (Wilson for hits, t otherwise) and its value at chance."""

    value: float
    ci_low: float | None
    ci_high: float | None
    chance: float
    n: int


@dataclass(frozen=True)
class Retrieval:
    """Clip-to-image retrieval.

    ranks        (C,) rank of each queried clip; `clips` holds its row in the audio table
    recall       R@k by k;  mrr: mean of 1 / rank;  auc: mean share of the other images that are less similar
    label_map    mean average precision where every image of the clip's label counts; None without labels
    p_value      one-sided permutation p of the MRR over clips, by `method`
    n_tied       clips whose rank ties make worse
    """

    clips: Ints
    ranks: Ints
    rank_pessimistic: Ints
    recall: dict[int, Rate]
    mrr: Rate
    auc: Rate
    median_rank: float
    label_map: Rate | None
    label_top: Rate | None
    p_value: float | None
    method: str
    n_gallery: int

    @property
    def n_tied(self) -> int:
        return int((self.ranks != self.rank_pessimistic).sum())

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the rank of every clip."""
        rates = {"mrr": self.mrr, "auc": self.auc, "label_map": self.label_map, "label_top": self.label_top}
        return {
            **{name: None if rate is None else asdict(rate) for name, rate in rates.items()},
            "recall": {str(k): asdict(rate) for k, rate in self.recall.items()},
            "median_rank": self.median_rank,
            "p_value": self.p_value,
            "method": self.method,
            "n_clips": len(self.ranks),
            "n_images": self.n_gallery,
            "n_tied": self.n_tied,
        }


def retrieve(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    ks: Sequence[int] = DEFAULT_KS,
    draws: int = 9_999,
    seed: int = 0,
) -> Retrieval:
    """Find the images of every clip among all images.

    Args:
        images: (G, d); audio: (T, d); partner: (G,) row of `audio` of each image.
        labels: (G,) label of each image; a clip's label is that of its images (left out where they differ).
    """
    gallery, others = Rows(images, name="images"), Rows(audio, name="audio")
    check_same_space(gallery, others)
    own = as_partner(partner, n=len(gallery), n_others=len(others), name="partner")
    clips, place = np.unique(own, return_inverse=True)
    codes = None if labels is None else as_codes(labels, n=len(gallery), name="labels")[1]
    label_of_clip = None if codes is None else _label_of_clip(place, codes, len(clips))
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(clips)))
    unit_images, unit_clips = gallery.unit(), others.unit(clips)
    small = len(clips) <= MONTE_CARLO_UNITS
    ranks, pessimistic = np.empty(len(clips), dtype=np.int64), np.empty(len(clips), dtype=np.int64)
    table = np.empty((len(clips), len(clips))) if small else None
    precisions, tops = [], []
    for start in range(0, len(clips), BLOCK):
        here = np.arange(start, min(start + BLOCK, len(clips)))
        similarity = unit_clips[here] @ unit_images.T
        best = np.maximum.reduceat(similarity[:, order], starts, axis=1)
        mine = best[np.arange(len(here)), here]
        ranks[here] = 1 + (similarity > mine[:, None]).sum(axis=1)
        foreign = place[None] != here[:, None]
        pessimistic[here] = 1 + ((similarity >= mine[:, None]) & foreign).sum(axis=1)
        if table is not None:
            ordered = np.sort(similarity, axis=1)
            for row, values in enumerate(best):
                table[start + row] = 1.0 / (1 + len(gallery) - np.searchsorted(ordered[row], values, side="right"))
        if codes is not None and label_of_clip is not None:
            relevant = codes[None] == label_of_clip[here][:, None]
            precisions.append(_average_precision(similarity, relevant))
            tops.append(relevant[np.arange(len(here)), similarity.argmax(axis=1)])
    counts = np.bincount(place)
    p_value, method = None, f"not drawn for more than {MONTE_CARLO_UNITS} clips"
    if table is not None and len(clips) > 1:
        p_value, method, _ = matching_p([table], float(np.trace(table)), draws=draws, seed=seed)
    label_map = label_top = None
    if codes is not None and label_of_clip is not None:
        sizes = np.bincount(codes)[label_of_clip]
        expected = np.array([_expected_precision(int(size), len(gallery)) for size in sizes])
        label_map = _mean_rate(np.concatenate(precisions), float(expected.mean()))
        label_top = _hit_rate(np.concatenate(tops), float(sizes.mean()) / len(gallery))
    rest = np.maximum(len(gallery) - counts, 1)
    return Retrieval(
        clips=clips,
        ranks=ranks,
        rank_pessimistic=pessimistic,
        recall={k: _hit_rate(ranks <= k, _expected_recall(counts, len(gallery), k)) for k in ks},
        mrr=_mean_rate(1.0 / ranks, _expected_reciprocal(counts, len(gallery))),
        auc=_mean_rate(1.0 - (ranks - 1) / rest, _expected_auc(counts, len(gallery))),
        median_rank=float(np.median(ranks)),
        label_map=label_map,
        label_top=label_top,
        p_value=p_value,
        method=method,
        n_gallery=len(gallery),
    )


def _label_of_clip(place: Ints, codes: Ints, n_clips: int) -> Ints | None:
    label = np.empty(n_clips, dtype=np.int64)
    label[place] = codes
    return label if bool((label[place] == codes).all()) else None


def _average_precision(similarity: Floats, relevant: np.ndarray) -> Floats:
    order = np.argsort(-similarity, axis=1, kind="stable")
    hits = np.take_along_axis(relevant, order, axis=1)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (precision * hits).sum(axis=1) / hits.sum(axis=1)


def _hit_rate(hits: np.ndarray, chance: float) -> Rate:
    low, high = proportion_confint(int(hits.sum()), len(hits), method="wilson")
    return Rate(float(hits.mean()), max(0.0, float(low)), min(1.0, float(high)), chance, len(hits))


def _mean_rate(values: Floats, chance: float) -> Rate:
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Rate(mean, None, None, chance, n)
    half = mean_half_width(values)
    return Rate(mean, max(0.0, mean - half), min(1.0, mean + half), chance, n)


def _first_rank_law(own: int, gallery: int) -> Floats:
    """P(the first of `own` images stands at place r = 1 .. gallery) in random order."""
    places = np.arange(gallery + 1)
    beyond = np.array([math.comb(gallery - r, own) / math.comb(gallery, own) for r in places])
    return beyond[:-1] - beyond[1:]


def _expected_recall(counts: Ints, gallery: int, k: int) -> float:
    return _mean_over(counts, lambda own: float(_first_rank_law(own, gallery)[:k].sum()))


def _expected_reciprocal(counts: Ints, gallery: int) -> float:
    return _mean_over(counts, lambda own: float((_first_rank_law(own, gallery) / np.arange(1, gallery + 1)).sum()))


def _expected_auc(counts: Ints, gallery: int) -> float:
    def of(own: int) -> float:
        rank = float((_first_rank_law(own, gallery) * np.arange(1, gallery + 1)).sum())
        return 1.0 - (rank - 1.0) / max(gallery - own, 1)

    return _mean_over(counts, of)


def _mean_over(counts: Ints, of: Any) -> float:
    sizes, times = np.unique(counts, return_counts=True)
    return float(sum(of(int(size)) * count for size, count in zip(sizes, times, strict=True)) / times.sum())


def _expected_precision(relevant: int, gallery: int) -> float:
    """Mean average precision of a random order with `relevant` of `gallery` images."""
    places = np.arange(1, gallery + 1)
    share = (relevant - 1) / max(gallery - 1, 1)
    return float((1.0 / places + (places - 1) / places * share).sum() / gallery)


def _entries(given: MetricInput) -> dict[str, Any]:
    used, options = given.embeddings, given.options
    found = retrieve(
        used.images, used.audio, used.partner, labels=used.image_labels, draws=options.draws, seed=options.seed
    )
    return {"retrieval": found.as_dict()}


METRIC = Metric(
    title="Retrieval",
    definition="Rank of a clip's best own image among all images by cosine: recall, mean reciprocal rank and area.",
    entries=_entries,
    empty={"retrieval": None},
    has_section=True,
)
