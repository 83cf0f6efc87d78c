"""AIS and IIS alike: images against the items they belong to, with test, decomposition and values by category."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.metrics.metric import MetricInput
from analysis.metrics.options import MetricOptions
from analysis.similarity import Ints, Rows, as_partner, decompose, matching_null, score_from_rows, scores_by_label


def matched_score(
    images: ArrayLike,
    others: ArrayLike,
    partner: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    options: MetricOptions | None = None,
    note: str = "",
) -> dict[str, Any]:
    """AIS (or IIS) with its permutation test over clips and, given labels, its decomposition.

    The p-value is one-sided, P(null >= observed): exact over all matchings of the clips where there are at most 50,000,
    otherwise (1 + hits) / (1 + draws) over seeded permutations.
    """
    options = options or MetricOptions()
    image_rows, other_rows = Rows(images, name="images"), Rows(others, name="others")
    own = as_partner(partner, n=len(image_rows), n_others=len(other_rows), name="partner")
    score = score_from_rows(
        image_rows, other_rows, own, denominator=options.denominator, confidence=options.confidence, strict=False
    )
    test = matching_null(images, others, own, draws=options.draws, seed=options.seed)
    found = score.as_dict() | {"note": note, "matched_similarity": test.observed, "test": asdict(test)}
    found["p_value"], found["z"] = test.p_value, test.z
    found["decomposition"] = None
    if labels is not None and _one_label_per_clip(own, np.asarray(labels)):
        inside = matching_null(images, others, own, within=labels, draws=options.draws, seed=options.seed)
        found["decomposition"] = asdict(decompose(images, others, own, labels)) | {"instance_test": asdict(inside)}
    return found


def _one_label_per_clip(partner: Ints, labels: np.ndarray) -> bool:
    pairs = {(int(row), str(label)) for row, label in zip(partner, labels, strict=True)}
    return len(pairs) == len(np.unique(partner))


def matched_entry(given: MetricInput, others: np.ndarray, partner: Ints, note: str) -> dict[str, Any]:
    """The score of all images of the input, with its decomposition by their labels."""
    used = given.embeddings
    return matched_score(used.images, others, partner, labels=used.image_labels, options=given.options, note=note)


def matched_by_category(given: MetricInput, others: np.ndarray, partner: Ints, *, name: str) -> dict[str, Any]:
    """The score of the images of each category, all compared with the same T items."""
    used, options = given.embeddings, given.options
    scores = scores_by_label(
        Rows(used.images, name="images"),
        Rows(others, name=name),
        partner,
        used.image_labels,
        denominator=options.denominator,
        confidence=options.confidence,
    )
    return {label: score.as_dict() for label, score in scores.items()}
