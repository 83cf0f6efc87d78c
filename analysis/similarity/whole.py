"""AIS, IIS and GIILS: how much closer generated images lie to their own music, picture or label than to the rest.

Conventions
    Every vector is read as a unit vector, so inputs need not be normalised; similarity is the cosine.
    A score is 100 * (1 - arccos(x) / pi) of a mean advantage x: 50 means "no closer than the rest", not "half right".
    The arccos is taken once, of the mean (eq. 5, 6, 8), never item by item.
    denominator="paper" divides the sum over the other items by their number plus one, as printed: eq. 5 and 6 leave
    out j = i but divide by T, eq. 8 leaves out the image itself but divides by G. "unbiased" divides by the number of
    terms, which centres the score at exactly 50 when there is nothing to find.
    "The others" of AIS and IIS are all test items but the image's own: T is every row given, generated from or not.
    GIILS takes ordered pairs of different images of a label; the background of an image is every generated image but
    itself.
    Standard errors are of x. Images made from one clip are one draw, not several: AIS and IIS always, GIILS where
    `clusters` is given, treat the clip as the unit.

Sources: eq. 5, 6 and 8 of the Musipainter paper; Hoeffding (1951) for the moments of the matching null.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.similarity.jackknife import Jackknife
from analysis.similarity.labels import WithinLabel, giils, giils_of_pool, label_null, within_label
from analysis.similarity.matching import (
    Alignment,
    MatchingNull,
    Reference,
    ais,
    decompose,
    iis,
    matching_moments,
    matching_null,
    score_from_rows,
)
from analysis.similarity.pool import Background, Kind, Pool, whole_pool
from analysis.similarity.relabelling import ROUNDING, LabelNull, Relabelling
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space, read_matched
from analysis.similarity.score import Denominator, Score, ScoreRangeError, to_advantage, to_score
from analysis.similarity.win import WinRate, ais_win, iis_win, mean_of_item_scores

__all__ = [
    "Alignment",
    "Background",
    "Denominator",
    "LabelMoments",
    "LabelNull",
    "MatchingNull",
    "Reference",
    "Score",
    "ScoreRangeError",
    "SimilarityNulls",
    "SimilarityScores",
    "WinRate",
    "WithinLabel",
    "ais",
    "ais_win",
    "decompose",
    "giils",
    "iis",
    "iis_win",
    "label_null",
    "matching_null",
    "mean_of_item_scores",
    "similarity_nulls",
    "similarity_scores",
    "to_advantage",
    "to_score",
    "within_label",
]


@dataclass(frozen=True)
class SimilarityScores:
    """AIS, IIS and the GIILS of every label, from one reading of the arrays."""

    ais: Score
    iis: Score
    giils: dict[Hashable, Score]


def similarity_scores(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    references: ArrayLike,
    reference_partner: ArrayLike,
    labels: ArrayLike,
    *,
    denominator: Denominator = "paper",
    background: Background = "all",
    self_pairs: bool = False,
    confidence: float = 0.95,
) -> SimilarityScores:
    """`ais`, `iis` and `giils` (clusters = clips) of one set; images are read twice, the rest once.

    Args:
        images: (G, d); audio: (T, d); references: (R, d); arrays of one space.
        partner: (G,) row of `audio`; reference_partner: (G,) row of `references`; labels: (G,).
    """
    pool, matched = _read_set(images, audio, partner, references, reference_partner, labels)
    kind = Kind(background, self_pairs, denominator)
    jackknife = Jackknife(pool, kind)
    products = pool.rows.times(np.column_stack([jackknife.columns, *(each.others.total for each in matched)]))
    jackknife.by_row = products[:, :-2]
    heard, seen = (
        score_from_rows(
            pool.rows,
            each.others,
            each.partner,
            denominator=denominator,
            confidence=confidence,
            dots=products[:, column],
            own=each.cosines,
        )
        for each, column in zip(matched, (-2, -1), strict=True)
    )
    return SimilarityScores(heard, seen, giils_of_pool(pool, kind, confidence=confidence, jackknife=jackknife))


@dataclass(frozen=True)
class LabelMoments:
    """Exact mean and standard deviation of a label's GIILS x when labels are dealt out at random, and its z."""

    mean: float | None
    sd: float | None
    z: float | None


@dataclass(frozen=True)
class SimilarityNulls:
    """Exact null moments behind AIS, IIS and every GIILS, without a draw; for sets too large for permutations."""

    ais: MatchingNull
    iis: MatchingNull
    giils: dict[Hashable, LabelMoments]


def similarity_nulls(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    references: ArrayLike,
    reference_partner: ArrayLike,
    labels: ArrayLike,
    *,
    denominator: Denominator = "paper",
    background: Background = "all",
    self_pairs: bool = False,
) -> SimilarityNulls:
    """The exact moments of all nulls of a set, arguments as `similarity_scores`.

    AIS and IIS get the p-value of the normal law. GIILS gets none: its law is skewed, use `label_null`.
    """
    pool, matched = _read_set(images, audio, partner, references, reference_partner, labels)
    kind = Kind(background, self_pairs, denominator)
    heard, seen = (matching_moments(pool.rows, each.others, each.partner, own=each.cosines) for each in matched)
    relabelling, values = Relabelling(pool), Jackknife(pool, kind)
    moments = {}
    for code, name in enumerate(pool.names):
        mean, sd = relabelling.mean(code, kind), relabelling.sd(code, kind)
        defined = mean is not None and sd is not None and sd > ROUNDING
        moments[name] = LabelMoments(mean, sd, (values.value(code) - mean) / sd if defined else None)  # type: ignore[operator]
    return SimilarityNulls(heard, seen, moments)


@dataclass(frozen=True)
class _Matched:
    """A table that images are compared with: its rows, the row of each image (G,) and their cosines (G,)."""

    others: Rows
    partner: Ints
    cosines: Floats


def _read_set(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    references: ArrayLike,
    reference_partner: ArrayLike,
    labels: ArrayLike,
) -> tuple[Pool, tuple[_Matched, _Matched]]:
    """The images with clips as clusters, and what they are matched with, each table read once."""
    rows = Rows(images, name="images", read=False)
    others = Rows(audio, name="audio", read=False), Rows(references, name="references", read=False)
    for table in others:
        check_same_space(rows, table)
    own = (
        as_partner(partner, n=len(rows), n_others=len(others[0]), name="partner"),
        as_partner(reference_partner, n=len(rows), n_others=len(others[1]), name="reference_partner"),
    )
    names, codes = as_codes(labels, n=len(rows), name="labels")
    heard, seen = read_matched(rows, others, own, codes, len(names))
    pool = whole_pool(rows, names, codes, as_codes(own[0], n=len(rows), name="partner")[1])
    return pool, (_Matched(others[0], own[0], heard), _Matched(others[1], own[1], seen))
