"""The block of distribution distances between a set's images and its references."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.distribution import distribution_block
from analysis.metrics.members import list_duplicates
from analysis.metrics.recordings import FEWEST_IN_ALL, units_of
from analysis.reading import Features, label_order, load_features


def feature_block(path: Path | str, categories: Sequence[str] | None = None, *, seed: int = 0) -> dict[str, Any]:
    """Distances of the images of these categories (all, where None) from the reference artworks; for JSON."""
    whole = load_features(path)
    order = list(categories) if categories is not None else label_order(whole.description, whole.image_labels)
    mine, real = np.isin(whole.image_labels, order), np.isin(whole.reference_labels, order)
    base: dict[str, Any] = {
        "space": dict(whole.description),
        "set": whole.description.get("set"),
        "sha256": whole.sha256,
        "categories": order,
    }
    if not mine.any():
        return base | {"status": "too_small", "reason": "no image of these categories has features"}
    images = whole.images[mine]
    pieces = whole.image_pieces[mine]
    names = np.where(pieces != "", np.char.add("r", pieces), np.char.add("c", whole.image_clips[mine]))
    units = np.unique(names, return_inverse=True)[1]
    known, n_units = bool((pieces != "").any()), int(units.max()) + 1
    few = f"too few recordings: {n_units}, an interval needs {FEWEST_IN_ALL} in all" if n_units < FEWEST_IN_ALL else ""
    block = distribution_block(
        images,
        whole.references[real] if len(whole.references) else np.empty((0, images.shape[1])),
        space=whole.description,
        labels=whole.image_labels[mine],
        reference_labels=whole.reference_labels[real],
        clips=units,
        reference_units=units_of(whole.reference_pieces[real]),
        too_few=few if known else "",
        seed=seed,
    )
    block["notes"] = [*block["notes"], *_apart(whole, mine, real, alone=categories is None)]
    block["n_clips"] = len(np.unique(whole.image_clips[mine]))
    block["n_recordings"] = n_units if known else None
    block["duplicates"] = list_duplicates(images, whole.image_ids[mine], whole.image_labels[mine])
    return block | base | {"status": "ok", "reason": ""}


def _apart(whole: Features, mine: NDArray, real: NDArray, *, alone: bool) -> list[str]:
    """Labels of images without references, and, where no study says which count, of references without images."""
    images, references = set(whole.image_labels[mine].tolist()), set(whole.reference_labels.tolist())
    notes = []
    if references and (lacking := sorted(images - references)):
        notes.append(f"No reference artwork has the label of these images: {', '.join(lacking)}.")
    if alone and (left := sorted(references - images)):
        notes.append(f"{int((~real).sum())} reference artworks have labels of no image: {', '.join(left)}; left out.")
    return notes
