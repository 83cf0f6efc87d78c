"""AIS and IIS by recordings: everything cut from one recording is left out at a time.

Conventions
    A unit is a recording: all clips cut from it, the images made from these clips, and their reference artworks.
    Leaving one out takes its images out of the mean and its clips out of "the others", so that the spread is that of
    the whole score for recordings drawn anew. Recordings vary among those of their own label.
"""

from dataclasses import dataclass

import numpy as np

from analysis.similarity.rows import Floats, Ints, Rows, check_same_space
from analysis.similarity.score import Denominator, Score, make_score, no_score, number_of_terms


@dataclass(frozen=True)
class Spread:
    """How values vary over recordings.

    values   (C, K) centred leave-one-out values, scaled so that the squares of a column add up to its variance
    degrees  of freedom: recordings less strata
    """

    values: Floats
    degrees: int

    def se(self, column: int = 0) -> float:
        """Standard error of one value; NaN where some recording cannot be left out."""
        own = self.values[:, column]
        return float(np.sqrt(own @ own))


def stratified_spread(left_out: Floats, strata: Ints) -> Spread:
    """Jackknife spread of (C, K) leave-one-out values; strata of one recording are put together.

    Args:
        strata: (C,) code of each recording's label.
    """
    counts = np.bincount(strata)
    merged = np.where(counts[strata] > 1, strata, len(counts))
    _, places, counts = np.unique(merged, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(places, weights=column) / counts for column in left_out.T], axis=1)
    scaled = (left_out - means[places]) * np.sqrt((counts - 1) / counts)[places, None]
    return Spread(scaled, len(left_out) - len(counts))


def leave_out_matched(
    images: Rows,
    others: Rows,
    partner: Ints,
    image_units: Ints,
    other_units: Ints,
    *,
    groups: Ints | None = None,
    denominator: Denominator = "paper",
) -> Floats:
    """x of each group of images without each unit, (C, K); NaN where nothing would be left of it.

    Args:
        partner: (G,) row of `others` of each image.
        image_units: (G,) unit of each image, 0 .. C-1; other_units: (T,), -1 for items that are never left out.
        groups: (G,) code of the mean that an image counts in; None: one mean of all.
    """
    check_same_space(images, others)
    codes = np.zeros(len(images), dtype=np.int64) if groups is None else groups
    n_groups, n_units = int(codes.max()) + 1, int(max(image_units.max(), other_units.max())) + 1
    cell = image_units * n_groups + codes
    sums = images.group_sums(codes, n_groups)
    owned = other_units >= 0

    def by_unit(values: Floats) -> Floats:
        """Sum of (G,) values over the images of each unit and group, (C, K)."""
        sums = np.bincount(cell, weights=values, minlength=n_units * n_groups).astype(np.float64)
        return sums.reshape(n_units, n_groups)

    own = images.paired_with(others, partner)
    n_left = np.bincount(codes, minlength=n_groups) - by_unit(np.ones(len(images)))
    matched = by_unit(own)
    matched = matched.sum(axis=0) - matched
    towards = by_unit(images.times(others.total))
    lost = np.zeros((n_units, n_groups))
    np.add.at(lost, other_units[owned], others.times(sums.T)[owned])
    both = _both_lost(images, others, cell, other_units, n_units, n_groups)
    n_others = len(others) - np.bincount(other_units[owned], minlength=n_units)[:, None]
    terms = n_others if denominator == "paper" else n_others - 1
    number_of_terms(denominator, len(others))
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = towards.sum(axis=0) - towards - lost + both - matched
        values = (matched - rest / terms) / n_left
    return np.where((n_left < 1) | (n_others < 2), np.nan, values)


def _both_lost(images: Rows, others: Rows, cell: Ints, other_units: Ints, n_units: int, n_groups: int) -> Floats:
    """Products of each unit's own images with its own items, by group, (C, K)."""
    cells, place = np.unique(cell, return_inverse=True)
    vectors = images.group_sums(place.astype(np.int64), len(cells))
    items = others.group_sums(other_units, n_units)
    both = np.zeros(n_units * n_groups)
    both[cells] = np.vecdot(vectors, items[cells // n_groups])
    return both.reshape(n_units, n_groups)


def matched_by_recordings(
    images: Rows,
    others: Rows,
    partner: Ints,
    plain: list[Score],
    image_units: Ints,
    other_units: Ints,
    strata: Ints,
    *,
    groups: Ints | None = None,
    denominator: Denominator = "paper",
    confidence: float = 0.95,
) -> list[Score]:
    """The scores of `score_from_rows` or `scores_by_label`, one for each group, with their spread over recordings."""
    codes = np.zeros(len(images), dtype=np.int64) if groups is None else groups
    left = leave_out_matched(images, others, partner, image_units, other_units, groups=codes, denominator=denominator)
    spread = stratified_spread(left, strata)
    found = []
    for code, score in enumerate(plain):
        n_units = len(np.unique(image_units[codes == code]))
        options = dict(score.options) | {"reference": "sampled", "unit": "recording"}
        if score.x is None:
            found.append(no_score(score.n, n_units, options, score.reason, score.status))
            continue
        se = spread.se(code)
        missing = "images of one recording only: no standard error"
        found.append(
            make_score(
                score.x,
                se if np.isfinite(se) and n_units > 1 and spread.degrees > 0 else None,
                score.n,
                n_units,
                score.null,
                options,
                confidence,
                score.per_item,
                missing_se=missing,
                strict=False,
                degrees=spread.degrees if groups is None else max(1, n_units - 1),
            )  # fmt: skip
        )
    return found
