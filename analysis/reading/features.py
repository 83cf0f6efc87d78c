"""Read and check features.npz: images and reference artworks of one set as one network sees them, and their distances.

Keys (G generated images, R distinct reference artworks, d numbers each; rows are not of length 1)
    image_features (G, d)      image_ids (G,)      image_labels (G,)      image_clips (G,) clip of each image
    reference_features (R, d)  reference_ids (R,)  reference_labels (R,)
    image_pieces (G,)          reference_pieces (R,)   recording each row comes from, '' or absent where unknown
    features                   JSON text: name, distance_name, set, weights, options, versions, notes
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import EmbeddingsError
from analysis.reading.archives import (
    find_bad_row,
    get_array,
    read_archive,
    read_description,
    read_labels,
    read_pieces,
    read_texts,
    refuse_repeats,
    refuse_strangers,
)

# The command that writes such files: the remedy that errors name.
WRITER = "compute_metrics"


@dataclass(frozen=True)
class Features:
    """Contents of one features.npz, checked: finite rows of one size, a label and an id for each."""

    images: NDArray[np.floating]
    image_ids: NDArray
    image_labels: NDArray
    image_clips: NDArray
    references: NDArray[np.floating]
    reference_ids: NDArray
    reference_labels: NDArray
    image_pieces: NDArray
    reference_pieces: NDArray
    description: Mapping[str, Any]
    sha256: str


def load_features(path: Path | str) -> Features:
    """Read features.npz.

    Raises:
        EmbeddingsError: one line that names the file, the key and the row, and what to do.
    """
    path = Path(path)
    arrays, sha256 = read_archive(path, writer=WRITER)
    description = read_description(arrays, "features", path, writer=WRITER)
    if not isinstance(description.get("distance_name"), str):
        raise EmbeddingsError(f"{path}: key 'features' does not say what its distance is called ('distance_name')")
    images, references = (_table(arrays, f"{kind}_features", path) for kind in ("image", "reference"))
    if len(references) and images.shape[1] != references.shape[1]:
        raise EmbeddingsError(
            f"{path}: dimensions differ (image_features {images.shape[1]}, reference_features {references.shape[1]}); "
            "take both from one network"
        )
    if not len(images):
        raise EmbeddingsError(f"{path}: image_features has no rows; name a set that holds images")
    image_ids = read_texts(arrays, "image_ids", images, path, writer=WRITER)
    refuse_repeats(image_ids, "image_ids", path)
    clips = read_texts(arrays, "image_clips", images, path, writer=WRITER)
    ids = read_texts(arrays, "reference_ids", references, path, writer=WRITER)
    labels = read_labels(arrays, "image_labels", images, path, writer=WRITER)
    kinds = read_labels(arrays, "reference_labels", references, path, writer=WRITER)
    refuse_strangers(labels, kinds, path)
    pieces = read_pieces(arrays, "image_pieces", images, path, writer=WRITER)
    artworks = read_pieces(arrays, "reference_pieces", references, path, writer=WRITER)
    return Features(images, image_ids, labels, clips, references, ids, kinds, pieces, artworks, description, sha256)


def _table(arrays: Mapping[str, NDArray], key: str, path: Path) -> NDArray[np.floating]:
    table = get_array(arrays, key, path, writer=WRITER)
    if table.ndim != 2 or table.dtype.kind != "f":
        raise EmbeddingsError(f"{path}: {key} must be a table of floats, got {table.dtype} {table.shape}")
    if found := find_bad_row(table):
        raise EmbeddingsError(f"{path}: {key} row {found[0]} {found[1]}; compute the features again")
    return table
