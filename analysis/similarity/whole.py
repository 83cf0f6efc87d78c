"""Scores and null moments of a whole set from one reading of its arrays. Conventions: `analysis.similarity`."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.similarity.jackknife import Jackknife
from analysis.similarity.labels import giils_of_pool
from analysis.similarity.matching import score_from_rows
from analysis.similarity.nulls import MatchingNull, matching_moments
from analysis.similarity.pool import Background, Kind, Pool, whole_pool
from analysis.similarity.relabelling import ROUNDING, Relabelling
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space, read_matched
from analysis.similarity.score import Denominator, Score


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
    products = pool.rows.times(np.column_stack([jackknife.columns, *(others.total for others, _, _ in matched)]))
    jackknife.by_row = products[:, :-2]
    heard, seen = (
        score_from_rows(pool.rows, others, own, denominator=denominator, confidence=confidence, dots=dots, own=cosines)
        for (others, own, cosines), dots in zip(matched, products[:, -2:].T, strict=True)
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
    heard, seen = (matching_moments(pool.rows, others, own, own=cosines) for others, own, cosines in matched)
    relabelling, values = Relabelling(pool), Jackknife(pool, kind)
    moments = {}
    for code, name in enumerate(pool.names):
        mean, sd = relabelling.mean(code, kind), relabelling.sd(code, kind)
        defined = mean is not None and sd is not None and sd > ROUNDING
        moments[name] = LabelMoments(mean, sd, (values.value(code) - mean) / sd if defined else None)  # type: ignore[operator]
    return SimilarityNulls(heard, seen, moments)


def _read_set(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    references: ArrayLike,
    reference_partner: ArrayLike,
    labels: ArrayLike,
) -> tuple[Pool, list[tuple[Rows, Ints, Floats]]]:
    """The images with clips as clusters, and what they are matched with, each table read once.

    Of audio and of references: their rows, the row of each image (G,) and the cosines with it (G,).
    """
    rows = Rows(images, name="images", read=False)
    others = Rows(audio, name="audio", read=False), Rows(references, name="references", read=False)
    for table in others:
        check_same_space(rows, table)
    own = (
        as_partner(partner, n=len(rows), n_others=len(others[0]), name="partner"),
        as_partner(reference_partner, n=len(rows), n_others=len(others[1]), name="reference_partner"),
    )
    names, codes = as_codes(labels, n=len(rows), name="labels")
    cosines = read_matched(rows, others, own, codes, len(names))
    pool = whole_pool(rows, names, codes, as_codes(own[0], n=len(rows), name="partner")[1])
    return pool, list(zip(others, own, cosines, strict=True))
