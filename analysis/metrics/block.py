"""The model metrics of one arm as one JSON-ready block: every number with its space, options, n, interval and null.

Conventions
    What stands in a block is what the registry names; here is what all metrics share.
    The block restricts the embeddings to the study's categories; T, the clips that take part as "the others", are all
    clips of those categories in the file, generated from or not.
    GIILS follows the paper's rule by default: 10 images per label, drawn by a stored seed, with all images as the
    background; the value over all images stands beside it.
    A value that does not exist is None with a status (ok, degenerate, not_applicable, too_small) and a reason in words.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.metrics.metric import MISSING, MetricInput
from analysis.metrics.options import MetricOptions
from analysis.metrics.registry import compute_entries
from analysis.reading import Embeddings, load


def arm_metrics(
    path: Path | str, categories: Sequence[str] | None = None, options: MetricOptions | None = None
) -> dict[str, Any]:
    """Every registered metric of the images in one embeddings.npz.

    Parameters
    ----------
    path : embeddings.npz of one stimulus set in one space
    categories : the study's categories in their order; None takes those of the images, sorted
    options : every choice that goes into the metrics

    Returns
    -------
    dict : plain values for JSON; the keys of every metric of `analysis.metrics.registry`.

    Raises
    ------
    EmbeddingsError
        the file does not hold what it must.
    """
    whole = load(path)
    order = list(categories) if categories is not None else sorted(set(whole.image_labels.tolist()))
    return metric_block(whole, MetricInput(whole.restrict(order), order, options or MetricOptions()))


def metric_block(whole: Embeddings, given: MetricInput) -> dict[str, Any]:
    """The block of one file's embeddings, `whole`, of which `given` holds the categories in question."""
    used, order = given.embeddings, given.categories
    known = len(used.images) > 0
    head = {
        "space": dict(whole.space),
        "set": whole.space.get("set"),
        "sha256": whole.sha256,
        "categories": order,
        "n_images": len(used.images),
        "n_clips": len(used.audio),
        "n_clips_used": len(np.unique(used.partner)),
        "n_references": len(used.references),
        "recordings": _recordings(given) if known else None,
        "n_left_out": {"images": len(whole.images) - len(used.images), "clips": len(whole.audio) - len(used.audio)},
        "options": asdict(given.options),
        "notes": _notes(used, order) if known else [],
        "status": "ok" if known else "too_small",
        "reason": "" if known else MISSING["images"],
    }
    return head | compute_entries(given)


def _recordings(given: MetricInput) -> dict[str, Any]:
    """What was taken for independent, with counts by category."""
    found, labels = given.recordings, given.embeddings.image_labels
    return {
        "known": found.known,
        "n": found.counts(),
        "n_unknown": found.unknown if found.known else None,
        "by_category": {name: found.counts(labels == name) for name in given.categories},
        "too_few": found.too_few(),
        "words": found.words,
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
