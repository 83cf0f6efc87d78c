"""AIS and IIS alike: images against the items they belong to, with test, decomposition and values by category."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.metrics.metric import MetricInput
from analysis.metrics.options import MetricOptions
from analysis.metrics.recordings import beside_clips, without_interval
from analysis.similarity import (
    Ints,
    Rows,
    Score,
    as_partner,
    decompose,
    matched_by_recordings,
    matching_null,
    recording_null,
    score_from_rows,
    scores_by_label,
)


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


def matched_entry(given: MetricInput, others: np.ndarray, partner: Ints, note: str, units: Ints) -> dict[str, Any]:
    """The score of all images of the input, with its decomposition by their labels.

    Args:
        units: recording of each of the others, -1 where it is of several.
    """
    used = given.embeddings
    found = matched_score(used.images, others, partner, labels=used.image_labels, options=given.options, note=note)
    recordings = given.recordings
    found |= {"n_clips": found["n_units"], "n_recordings": recordings.counts()}
    if not recordings.known or found["score"] is None:
        return found
    rows, by_clip = _by_recordings(given, others, partner, units)
    found |= beside_clips(rows[0].as_dict(), by_clip[0].as_dict())
    found = without_interval(found, recordings.too_few())
    draws, seed = given.options.draws, given.options.seed
    test = recording_null(used.images, others, partner, recordings.images, draws=draws, seed=seed)
    found |= {"test": asdict(test) | {"unit": "recording"}, "p_value": test.p_value, "z": test.z}
    if found["decomposition"] is not None:
        inside = recording_null(
            used.images, others, partner, recordings.images, within=used.image_labels, draws=draws, seed=seed
        )
        found["decomposition"] |= {"instance_test": asdict(inside) | {"unit": "recording"}}
    return found


def _by_recordings(
    given: MetricInput, others: np.ndarray, partner: Ints, units: Ints, *, groups: Ints | None = None
) -> tuple[list[Score], list[Score]]:
    """Scores of the whole set, or of each label, by recording and by clip."""
    used, options, recordings = given.embeddings, given.options, given.recordings
    rows = Rows(used.images, name="images"), Rows(others, name="others")
    how = {"denominator": options.denominator, "confidence": options.confidence}
    if groups is None:
        plain = [score_from_rows(*rows, partner, strict=False, **how)]  # type: ignore[arg-type]
    else:
        plain = list(scores_by_label(*rows, partner, used.image_labels, **how).values())  # type: ignore[arg-type]
    if not recordings.known:
        return plain, plain
    by_recording = matched_by_recordings(
        *rows, partner, plain, recordings.images, units, recordings.strata, groups=groups,
        denominator=options.denominator, confidence=options.confidence,
    )  # fmt: skip
    return by_recording, plain


def matched_by_category(given: MetricInput, others: np.ndarray, partner: Ints, units: Ints) -> dict[str, Any]:
    """The score of the images of each category, all compared with the same T items."""
    recordings, labels = given.recordings, given.embeddings.image_labels
    names, codes = np.unique(labels, return_inverse=True)
    scores, by_clip = _by_recordings(given, others, partner, units, groups=codes)
    found: dict[str, Any] = {}
    for name, score, plain in zip(names, scores, by_clip, strict=True):
        row, n = score.as_dict(), recordings.in_label(labels == name)
        if recordings.known and row["score"] is not None:
            row = without_interval(beside_clips(row, plain.as_dict()), recordings.too_few(n))
        found[str(name)] = row | {"n_clips": plain.n_units, "n_recordings": recordings.counts(labels == name)}
    return found
