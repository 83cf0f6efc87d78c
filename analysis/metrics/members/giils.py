"""GIILS of every category by the paper's rule and over all images, with nulls, joint intervals and ranks, for JSON."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from analysis import similarity
from analysis.intervals import holm
from analysis.metrics.metric import ByCategory, Metric, MetricInput, Row
from analysis.metrics.options import MetricOptions
from analysis.metrics.recordings import Recordings, without_interval
from analysis.reading import Embeddings

GIILS_NOTE = (
    "50 means no label structure. It does not tell variety from collapse: images that are all alike score about 50 "
    "as well, so read it beside the similarity inside the label."
)
CREATIVE_NOTE = (
    "Creative tendency is 100 - GIILS: 50 means no label structure, not half creative, and a lack of label structure "
    "is not creativity."
)


def _entries(given: MetricInput) -> dict[str, Any]:
    used, order, options = given.embeddings, given.categories, given.options
    kind = similarity.Kind(options.giils_background, options.giils_self_pairs, options.denominator)
    chosen = draw_per_label(used.image_ids, used.image_labels, size=options.sample_per_label, seed=options.sample_seed)
    recordings = given.recordings
    units = recordings.images if recordings.known else used.partner
    whole = similarity.make_pool(used.images, used.image_labels, clusters=units)
    sampled = similarity.sample_pool(used.images, used.image_labels, chosen, clusters=units)
    across = None
    if recordings.known:
        drawn, across = _by_recordings(sampled, kind, options, recordings)
        everything, _ = _by_recordings(whole, kind, options, recordings)
    else:
        drawn, everything = _giils_by_label(sampled, kind, options), _giils_by_label(whole, kind, options)
    family = similarity.label_family(sampled, kind, confidence=options.confidence, seed=options.seed, jackknife=across)
    inside = similarity.within_label(used.images, used.image_labels, clusters=units)
    few = recordings.too_few()
    counts = {label: int((used.image_labels == label).sum()) for label in order}
    rows: dict[str, Any] = {}
    for label in order:
        row = drawn.get(label) or _missing_label(kind, len(used.images))
        row["n_available"] = counts[label]
        row["note"] = _sample_words(counts[label], options.sample_per_label)
        row["all_images"] = everything.get(label) or _missing_label(kind, len(used.images))
        _count_units(row, used, recordings, chosen, label)
        spread = inside.get(label)
        mean = None if spread is None else spread.mean
        row["within_similarity"] = mean
        row["within_se"] = None if spread is None or recordings.too_few(row["n_recordings"]) else spread.se
        row["diversity"] = None if mean is None else 1.0 - mean
        row["creative_tendency"] = None if row["score"] is None else 100.0 - row["score"]
        joint = None if few or row["ci_low"] is None else family.by_label.get(label)
        row["joint"] = None if joint is None else asdict(joint)
        row["se_unbiased"] = None if row["se"] is None else family.unbiased_errors.get(label)
        rows[label] = row
    _add_holm(rows)
    _add_holm({label: row["all_images"] for label, row in rows.items()})
    return {"giils": rows, "giils_summary": _giils_summary(rows, family, options, given)}


def _by_recordings(
    pool: similarity.Pool, kind: similarity.Kind, options: MetricOptions, recordings: Recordings
) -> tuple[dict[str, dict[str, Any]], similarity.Jackknife]:
    """GIILS of each label over pairs of different recordings, beside the value that counts pairs of one as well.

    With self-pairs asked for, pairs of one recording count and there is no other value.
    """
    everything = similarity.Jackknife(pool, kind)
    across = None if kind.self_pairs else similarity.AcrossRecordings(pool, kind)
    nulls = similarity.Dealing(pool, kind).nulls(across, everything, draws=options.draws, seed=options.seed)
    counted = {
        str(label): _few(_with_null(score, nulls[1].get(str(label))), recordings)
        for label, score in similarity.giils_of_pool(
            pool, kind, confidence=options.confidence, strict=False, jackknife=everything
        ).items()
    }
    for row in counted.values():
        row["options"]["pairs"] = "all"
    if across is None:
        return {label: row | {"same_recording": None} for label, row in counted.items()}, everything
    scores = similarity.giils_across(
        across, {label: null.mean for label, null in nulls[0].items()}, confidence=options.confidence
    )
    found = {label: _few(_with_null(score, nulls[0][label]), recordings) for label, score in scores.items()}
    return {label: row | {"same_recording": counted[label]} for label, row in found.items()}, across


def _few(row: dict[str, Any], recordings: Recordings) -> dict[str, Any]:
    return without_interval(row, recordings.too_few(row["n_units"])) if row["score"] is not None else row


def _count_units(
    row: dict[str, Any], used: Embeddings, recordings: Recordings, chosen: similarity.Ints, label: str
) -> None:
    """How many clips and recordings the images of a label come from: those drawn, and all."""
    mine = used.image_labels == label
    drawn = np.zeros(len(mine), dtype=bool)
    drawn[chosen] = True
    for one, rows in ((row, mine & drawn), (row["all_images"], mine)):
        one |= {"n_clips": len(np.unique(used.partner[rows])), "n_recordings": recordings.counts(rows)}


def draw_per_label(ids: np.ndarray, labels: np.ndarray, *, size: int, seed: int) -> similarity.Ints:
    """Row numbers of at most `size` images of each label: the draw depends on the seed, the label and the ids alone."""
    chosen: list[int] = []
    for label in sorted(set(labels.tolist())):
        rows = np.flatnonzero(labels == label)
        rows = rows[np.argsort(ids[rows])]
        own_seed = int.from_bytes(hashlib.sha256(str(label).encode()).digest()[:8], "big")
        rng = np.random.default_rng([seed, own_seed])
        picked = rng.choice(len(rows), size=min(size, len(rows)), replace=False)
        chosen.extend(rows[np.sort(picked)].tolist())
    return np.sort(np.array(chosen, dtype=np.int64))


def _giils_by_label(pool: similarity.Pool, kind: similarity.Kind, options: MetricOptions) -> dict[str, dict[str, Any]]:
    scores = similarity.giils_of_pool(pool, kind, confidence=options.confidence, strict=False)
    nulls = {}
    if relabelled := _null_pool(pool, kind):
        nulls = similarity.label_null_of_pool(relabelled, kind, draws=options.draws, seed=options.seed)
    return {str(label): _with_null(score, nulls.get(label)) for label, score in scores.items()}


def _null_pool(pool: similarity.Pool, kind: similarity.Kind) -> similarity.Pool | None:
    """The pool whose labels may be dealt out again; None where a clip has several labels or the background forbids."""
    pairs = {(int(unit), int(code)) for unit, code in zip(pool.units, pool.sample, strict=True) if code >= 0}
    one_each = len(pairs) == len({unit for unit, _ in pairs})
    return pool if one_each and not (kind.background == "other_labels" and pool.separate) else None


def _with_null(score: similarity.Score, null: similarity.LabelNull | None) -> dict[str, Any]:
    return score.as_dict() | {
        "p_value": None if null is None else null.p_value,
        "z": None if null is None else null.z,
        "test": None if null is None else asdict(null),
    }


def _missing_label(kind: similarity.Kind, n_ground: int) -> dict[str, Any]:
    options = asdict(kind) | {"G": n_ground, "n_per_label": 0}
    return _with_null(similarity.no_score(0, 0, options, "no images"), None)


def _sample_words(available: int, size: int) -> str:
    if available < size:
        return (
            f"{available} images of this label, fewer than the {size} that the paper draws: read it as a rough value."
        )
    return f"{size} of {available} images drawn." if available > size else f"All {available} images."


def _add_holm(rows: Mapping[str, dict[str, Any]]) -> None:
    known = [row for row in rows.values() if row["p_value"] is not None]
    for row in rows.values():
        row["p_holm"] = None
    if known:
        for row, p in zip(known, holm([row["p_value"] for row in known]), strict=True):
            row["p_holm"] = p


def _giils_summary(
    rows: Mapping[str, dict[str, Any]], family: similarity.LabelFamily, options: MetricOptions, given: MetricInput
) -> dict[str, Any]:
    scores = [row["score"] for row in rows.values() if row["score"] is not None]
    nulls = [row["null_score"] for row in rows.values() if row["null_score"] is not None]
    mean = float(np.mean(scores)) if scores else None
    few = given.recordings.too_few()
    whole = len(family.by_label) == len(scores) and not few
    return {
        "rule": f"At most {options.sample_per_label} images per label, drawn with seed {options.sample_seed}; "
        f"background: all {len(given.embeddings.images)} images.",
        "pairs": _pair_words(given.recordings, options),
        "note": GIILS_NOTE,
        "macro_mean": mean,
        "macro_se": family.macro_se if whole else None,
        "macro_low": family.macro_low if whole else None,
        "macro_high": family.macro_high if whole else None,
        "macro_null": float(np.mean(nulls)) if scores and len(nulls) == len(scores) else None,
        "n_labels": len(scores),
        "creative_tendency": {
            "mean": None if mean is None else 100.0 - mean,
            "low": 100.0 - max(scores) if scores else None,
            "high": 100.0 - min(scores) if scores else None,
            "note": CREATIVE_NOTE,
        },
    }


def _pair_words(recordings: Recordings, options: MetricOptions) -> str:
    """Whether pairs of one recording count, in a sentence."""
    if not recordings.known:
        return ""
    if options.giils_self_pairs:
        return "Pairs of one recording count, as each image is paired with itself."
    return "Only pairs of different recordings count; the value that counts pairs of one recording too stands beside."


def _degrees(row: Row, _n_clips: int) -> int:
    return max(1, row["n_units"] - 1)


METRIC = Metric(
    title="GIILS",
    definition="Similarity inside labels (eq. 8): mean cosine of one label's images less that with all images.",
    entries=_entries,
    empty={"giils": {}, "giils_summary": None},
    options=("denominator", "giils_background", "giils_self_pairs", "sample_per_label"),
    by_category=ByCategory(value="score", error="se_score", unbiased="se_unbiased", degrees=_degrees),
    has_section=True,
)
