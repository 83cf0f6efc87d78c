"""The model metrics of one arm as one JSON-ready block: every number with its space, options, n, interval and null.

Conventions
    The block restricts the embeddings to the study's categories; T, the clips that take part as "the others", are all
    clips of those categories in the file, generated from or not.
    GIILS follows the paper's rule by default: 10 images per label, drawn by a stored seed, with all images as the
    background; the value over all images stands beside it.
    A value that does not exist is None with a status (ok, degenerate, not_applicable, too_small) and a reason in words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.multitest import multipletests

from analysis.embeddings import Embeddings, load
from analysis.errors import NotComparableError
from analysis.similarity import Score, decompose, matching_null, within_label
from analysis.similarity_label_null import LabelNull
from analysis.similarity_label_pool import Background, Kind, Pool, make_pool, sample_pool
from analysis.similarity_labels import giils_of_pool, label_null_of_pool
from analysis.similarity_matching import score_from_rows
from analysis.similarity_rows import Ints, Rows, as_partner
from analysis.similarity_score import Denominator

AIS_NOTE = "50 is chance: the images lie no closer to their own clips than to the other clips."
IIS_NOTE = (
    "50 is chance. A reference artwork is drawn at random from the clip's category, so only the category part carries "
    "information."
)
GIILS_NOTE = (
    "50 means no label structure. It does not tell variety from collapse: images that are all alike score about 50 "
    "as well, so read it beside the similarity inside the label."
)
CREATIVE_NOTE = (
    "Creative tendency is 100 - GIILS: 50 means no label structure, not half creative, and a lack of label structure "
    "is not creativity."
)


@dataclass(frozen=True)
class MetricOptions:
    """Every choice that goes into the block."""

    denominator: Denominator = "paper"
    giils_background: Background = "all"
    giils_self_pairs: bool = False
    sample_per_label: int = 10
    sample_seed: int = 0
    confidence: float = 0.95
    draws: int = 9_999
    seed: int = 0


def arm_metrics(
    path: Path | str, categories: Sequence[str] | None = None, options: MetricOptions | None = None
) -> dict[str, Any]:
    """AIS, IIS and GIILS of the images in one embeddings.npz.

    Args:
        path: embeddings.npz of one stimulus set in one space.
        categories: the study's categories in their order; None takes those of the images, sorted.

    Raises:
        EmbeddingsError: the file does not hold what it must.
    """
    options = options or MetricOptions()
    whole = load(path)
    order = list(categories) if categories is not None else sorted(set(whole.image_labels.tolist()))
    used = whole.restrict(order)
    block: dict[str, Any] = {
        "space": dict(whole.space),
        "set": whole.space.get("set"),
        "sha256": whole.sha256,
        "categories": order,
        "n_images": len(used.images),
        "n_clips": len(used.audio),
        "n_clips_used": len(np.unique(used.partner)),
        "n_references": len(used.references),
        "n_left_out": {"images": len(whole.images) - len(used.images), "clips": len(whole.audio) - len(used.audio)},
        "options": asdict(options),
        "notes": [],
        "status": "ok",
        "reason": "",
    }
    if not len(used.images):
        block |= {"status": "too_small", "reason": "no image of these categories has an embedding"}
        block |= {"ais": None, "iis": None, "giils": {}, "giils_summary": None}
        return block
    block["notes"] = _notes(used, order)
    block["ais"] = matched_score(
        used.images, used.audio, used.partner, labels=used.image_labels, options=options, note=AIS_NOTE
    )
    block["iis"] = _iis(used, options)
    block["giils"], block["giils_summary"] = _giils(used, order, options)
    return block


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
    found = score.as_dict() | {"note": note, "matched_similarity": test.observed, "test": test.as_dict()}
    found["p_value"], found["z"] = test.p_value, test.z
    found["decomposition"] = None
    if labels is not None and _one_label_per_clip(own, np.asarray(labels)):
        inside = matching_null(images, others, own, within=labels, draws=options.draws, seed=options.seed)
        found["decomposition"] = decompose(images, others, own, labels).as_dict() | {"instance_test": inside.as_dict()}
    return found


def _one_label_per_clip(partner: Ints, labels: np.ndarray) -> bool:
    pairs = {(int(row), str(label)) for row, label in zip(partner, labels, strict=True)}
    return len(pairs) == len(np.unique(partner))


def _iis(used: Embeddings, options: MetricOptions) -> dict[str, Any]:
    if not used.has_references:
        empty = Score(
            None, None, None, None, None, 0, 0, None, {}, "not_applicable", "the set has no reference artworks"
        )
        return empty.as_dict() | {"note": IIS_NOTE, "p_value": None, "z": None, "test": None, "decomposition": None}
    return matched_score(
        used.images,
        used.references,
        used.reference_partner,
        labels=used.image_labels,
        options=options,
        note=IIS_NOTE,
    )


def _giils(used: Embeddings, order: list[str], options: MetricOptions) -> tuple[dict[str, Any], dict[str, Any]]:
    kind = Kind(options.giils_background, options.giils_self_pairs, options.denominator)
    chosen = draw_per_label(used.image_ids, used.image_labels, size=options.sample_per_label, seed=options.sample_seed)
    whole = make_pool(used.images, used.image_labels, clusters=used.partner)
    sampled = sample_pool(used.images, used.image_labels, chosen, clusters=used.partner)
    drawn, everything = _giils_by_label(sampled, kind, options), _giils_by_label(whole, kind, options)
    inside = within_label(used.images, used.image_labels, clusters=used.partner)
    counts = {label: int((used.image_labels == label).sum()) for label in order}
    rows: dict[str, Any] = {}
    for label in order:
        row = drawn.get(label) or _missing_label(kind, len(used.images))
        row["n_available"] = counts[label]
        row["note"] = _sample_words(counts[label], options.sample_per_label)
        row["all_images"] = everything.get(label) or _missing_label(kind, len(used.images))
        spread = inside.get(label)
        mean = None if spread is None else spread.mean
        row["within_similarity"] = mean
        row["within_se"] = None if spread is None else spread.se
        row["diversity"] = None if mean is None else 1.0 - mean
        row["creative_tendency"] = None if row["score"] is None else 100.0 - row["score"]
        rows[label] = row
    _add_holm(rows)
    _add_holm({label: row["all_images"] for label, row in rows.items()})
    return rows, _giils_summary(rows, options, len(used.images))


def draw_per_label(ids: np.ndarray, labels: np.ndarray, *, size: int, seed: int) -> Ints:
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


def _giils_by_label(pool: Pool, kind: Kind, options: MetricOptions) -> dict[str, dict[str, Any]]:
    scores = giils_of_pool(pool, kind, confidence=options.confidence, strict=False)
    relabelled = _null_pool(pool, kind)
    nulls = label_null_of_pool(relabelled, kind, draws=options.draws, seed=options.seed) if relabelled else {}
    return {str(label): _with_null(score, nulls.get(label)) for label, score in scores.items()}


def _null_pool(pool: Pool, kind: Kind) -> Pool | None:
    """The pool whose labels may be dealt out again; None where a clip has several labels or the background forbids."""
    pairs = {(int(unit), int(code)) for unit, code in zip(pool.units, pool.sample, strict=True) if code >= 0}
    one_each = len(pairs) == len({unit for unit, _ in pairs})
    return pool if one_each and not (kind.background == "other_labels" and pool.separate) else None


def _with_null(score: Score, null: LabelNull | None) -> dict[str, Any]:
    return score.as_dict() | {
        "p_value": None if null is None else null.p_value,
        "z": None if null is None else null.z,
        "test": None if null is None else asdict(null),
    }


def _missing_label(kind: Kind, n_ground: int) -> dict[str, Any]:
    options = asdict(kind) | {"G": n_ground, "n_per_label": 0}
    return _with_null(Score(None, None, None, None, None, 0, 0, None, options, "too_small", "no images"), None)


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
        for row, p in zip(known, multipletests([row["p_value"] for row in known], method="holm")[1], strict=True):
            row["p_holm"] = float(p)


def _giils_summary(rows: Mapping[str, dict[str, Any]], options: MetricOptions, n_images: int) -> dict[str, Any]:
    scores = [row["score"] for row in rows.values() if row["score"] is not None]
    mean = float(np.mean(scores)) if scores else None
    return {
        "rule": f"At most {options.sample_per_label} images per label, drawn with seed {options.sample_seed}; "
        f"background: all {n_images} images.",
        "note": GIILS_NOTE,
        "macro_mean": mean,
        "n_labels": len(scores),
        "creative_tendency": {
            "mean": None if mean is None else 100.0 - mean,
            "low": 100.0 - max(scores) if scores else None,
            "high": 100.0 - min(scores) if scores else None,
            "note": CREATIVE_NOTE,
        },
    }


def _notes(used: Embeddings, order: list[str]) -> list[str]:
    notes = [str(note) for note in used.space.get("notes", [])]
    silent = len(used.audio) - len(np.unique(used.partner))
    if silent:
        notes.append(f"{silent} of the {len(used.audio)} clips have no image; they take part as clips compared with.")
    moved = int((used.audio_labels[used.partner] != used.image_labels).sum())
    if moved:
        notes.append(f"{moved} of {len(used.images)} images carry another category than their clip.")
    missing = [label for label in order if label not in set(used.image_labels.tolist())]
    if missing:
        notes.append(f"No image has an embedding in: {', '.join(missing)}.")
    return notes


def require_comparable(blocks: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to let values of different spaces or definitions share a column.

    Args:
        blocks: the `arm_metrics` block of each column's row, by name.

    Raises:
        NotComparableError: names the two and what differs.
    """
    first_name: str | None = None
    for name, block in blocks.items():
        if first_name is None:
            first_name, first = name, definition(block)
            continue
        own = definition(block)
        for key in sorted(first.keys() | own.keys()):
            if first.get(key) != own.get(key):
                raise NotComparableError(
                    f"'{first_name}' and '{name}' must not share a column: {key} is {first.get(key)} and {own.get(key)}"
                )


def definition(block: Mapping[str, Any]) -> dict[str, Any]:
    """What two blocks must have in common to be compared: the space, its weights and the definition of the metrics."""
    space = block["space"]
    found = {f"space.{key}": value for key, value in space.items() if key == "name" or _is_identity(key)}
    names = ("denominator", "giils_background", "giils_self_pairs", "sample_per_label")
    return found | {f"options.{name}": block["options"][name] for name in names}


def _is_identity(key: str) -> bool:
    return any(part in key.lower() for part in ("weights", "sha256", "hash"))
