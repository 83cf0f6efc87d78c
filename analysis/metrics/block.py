"""The model metrics of one arm as one JSON-ready block: every number with its space, options, n, interval and null.

Conventions
    The block restricts the embeddings to the study's categories; T, the clips that take part as "the others", are all
    clips of those categories in the file, generated from or not.
    GIILS follows the paper's rule by default: 10 images per label, drawn by a stored seed, with all images as the
    background; the value over all images stands beside it.
    A value that does not exist is None with a status (ok, degenerate, not_applicable, too_small) and a reason in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.distribution import distribution_block, find_duplicates, vendi_estimate
from analysis.errors import NotComparableError
from analysis.metrics.giils import draw_per_label, giils_block
from analysis.metrics.options import MetricOptions
from analysis.metrics.retrieval import retrieve
from analysis.reading import Embeddings, load
from analysis.similarity import (
    Ints,
    Rows,
    Score,
    ais_win,
    as_partner,
    decompose,
    iis_win,
    matching_null,
    score_from_rows,
    scores_by_label,
)

__all__ = ["MetricOptions", "arm_metrics", "definition", "draw_per_label", "matched_score", "require_comparable"]

AIS_NOTE = "50 is chance: the images lie no closer to their own clips than to the other clips."
IIS_NOTE = (
    "50 is chance. A reference artwork is drawn at random from the clip's category, so only the category part carries "
    "information."
)
WIN_NOTE = (
    "Win rates are another definition than AIS and IIS: the mean share of the other items that are less similar to an "
    "image than its own. 50 is chance here as well, but the two scales must not be compared."
)
SHOWN_PAIRS = 20


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
        block |= {"ais": None, "iis": None, "giils": {}, "giils_summary": None, "by_category": {}, "win_rates": {}}
        block |= {"category_similarity": []}
        block |= {"retrieval": None, "distribution": None, "duplicates": None}
        return block
    block["notes"] = _notes(used, order)
    block["ais"] = matched_score(
        used.images, used.audio, used.partner, labels=used.image_labels, options=options, note=AIS_NOTE
    )
    block["iis"] = _iis(used, options)
    block["giils"], block["giils_summary"] = giils_block(used, order, options)
    block["by_category"] = _by_category(used, order, options)
    block["category_similarity"] = _category_similarity(used, order)
    block["win_rates"] = _win_rates(used)
    block["retrieval"] = retrieve(
        used.images, used.audio, used.partner, labels=used.image_labels, draws=options.draws, seed=options.seed
    ).as_dict()
    block["distribution"] = _distribution(used, options)
    block["duplicates"] = _duplicates(used)
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


def _by_category(used: Embeddings, order: list[str], options: MetricOptions) -> dict[str, dict[str, Any]]:
    """AIS, IIS and Vendi score of the images of each category, all compared with the same T items."""
    images = Rows(used.images, name="images")

    def scores(others: np.ndarray, partner: Ints, name: str) -> dict[str, Score]:
        return scores_by_label(
            images,
            Rows(others, name=name),
            partner,
            used.image_labels,
            denominator=options.denominator,
            confidence=options.confidence,
        )

    heard = scores(used.audio, used.partner, "audio")
    seen = scores(used.references, used.reference_partner, "references") if used.has_references else {}
    rows: dict[str, dict[str, Any]] = {}
    for label in order:
        mine = used.image_labels == label
        rows[label] = {
            "n_images": int(mine.sum()),
            "n_clips": len(np.unique(used.partner[mine])),
            "ais": heard[label].as_dict() if label in heard else None,
            "iis": seen[label].as_dict() if label in seen else None,
            "vendi": vendi_estimate(used.images[mine], used.partner[mine], options.confidence, options.seed).as_dict(),
        }
    return rows


def _category_similarity(used: Embeddings, order: list[str]) -> list[list[float | None]]:
    """Mean cosine of the clips of each category (rows) with the images of each category (columns); None where none."""
    tables = []
    for vectors, labels in ((used.audio, used.audio_labels), (used.images, used.image_labels)):
        codes = np.array([order.index(str(label)) for label in labels], dtype=np.int64)
        sums = Rows(vectors, name="vectors").group_sums(codes, len(order))
        tables.append((sums, np.bincount(codes, minlength=len(order))))
    (clips, n_clips), (images, n_images) = tables
    pairs = np.outer(n_clips, n_images)
    means = clips @ images.T / np.maximum(pairs, 1)
    return [[float(means[i, j]) if pairs[i, j] else None for j in range(len(order))] for i in range(len(order))]


def _win_rates(used: Embeddings) -> dict[str, Any]:
    """AIS_win and IIS_win: other definitions, never in a column with AIS and IIS."""
    rates: dict[str, Any] = {"AIS_win": None, "IIS_win": None, "note": WIN_NOTE}
    if len(used.audio) > 1:
        rates["AIS_win"] = ais_win(used.images, used.audio, used.partner).as_dict()
    if len(used.references) > 1:
        rates["IIS_win"] = iis_win(used.images, used.references, used.reference_partner).as_dict()
    return rates


def _distribution(used: Embeddings, options: MetricOptions) -> dict[str, Any]:
    """Distances from the distinct reference artworks, in the joint space."""
    distinct = np.sort(np.unique(used.reference_ids, return_index=True)[1])
    return distribution_block(
        used.images,
        used.references[distinct],
        space={"name": used.space["name"]},
        labels=used.image_labels,
        reference_labels=used.reference_labels[distinct],
        clips=used.partner,
        confidence=options.confidence,
        seed=options.seed,
    )


def _duplicates(used: Embeddings) -> dict[str, Any]:
    found = find_duplicates(used.images, labels=used.image_labels)
    pairs = [
        {"a": str(used.image_ids[first]), "b": str(used.image_ids[second]), "similarity": cosine}
        for first, second, cosine in found.pairs[:SHOWN_PAIRS]
    ]
    return found.as_dict() | {"pairs": pairs, "n_images_total": len(used.images)}


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
