"""NPZ archives of embeddings and features: opened and checked once."""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import EmbeddingsError
from analysis.names import read_name

Vectors = NDArray[np.floating]


def label_order(description: Mapping[str, Any], labels: NDArray) -> list[str]:
    """Labels that occur, in the order that the description states, others after them by name."""
    found = {str(label) for label in labels}
    stated = [read_name(str(name)) for name in description.get("categories") or []]
    return [name for name in stated if name in found] + sorted(found - set(stated))


def read_archive(path: Path, *, writer: str) -> tuple[dict[str, NDArray], str]:
    """The arrays of an .npz file by name, and the file's sha256; `writer` is the command that makes such files."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EmbeddingsError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        stored = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(stored, np.lib.npyio.NpzFile):
            with stored:
                return {key: stored[key] for key in stored.files}, hashlib.sha256(data).hexdigest()
    except Exception as error:  # numpy's parser of headers and each decompressor raise what they like
        raise EmbeddingsError(f"{path}: is not a readable .npz archive; write it again with {writer}") from error
    raise EmbeddingsError(f"{path}: is a single array, not an .npz archive; write it with {writer}")


# Far beyond what any network gives (half precision ends at 65,504), and so far from what sums of powers hold that every
# distance of such rows is a number.
LARGEST = 1e12


def find_bad_row(table: Vectors) -> tuple[int, str] | None:
    """The first row of a table that holds no usable numbers, and why; None when all are."""
    with np.errstate(invalid="ignore"):
        # In the limit's own precision: half precision does not reach it.
        bad = np.flatnonzero(~(np.abs(table, dtype=np.float64) <= LARGEST).all(axis=1))
    if not bad.size:
        return None
    row = int(bad[0])
    if not np.isfinite(table[row]).all():
        return row, "holds NaN or infinity"
    return row, f"holds {np.abs(table[row]).max():.3g}, which no network gives (at most {LARGEST:.0e} is read)"


def get_array(arrays: Mapping[str, NDArray], key: str, path: Path, *, writer: str) -> NDArray:
    if key not in arrays:
        raise EmbeddingsError(f"{path}: key '{key}' is missing; write the file again with {writer}")
    return arrays[key]


def read_description(arrays: Mapping[str, NDArray], key: str, path: Path, *, writer: str) -> dict[str, Any]:
    """The JSON text under `key`, which names what the rows were made by."""
    stored = get_array(arrays, key, path, writer=writer)
    try:
        found = json.loads(str(stored.item()))
    except ValueError as error:
        raise EmbeddingsError(f"{path}: key '{key}' does not hold JSON text") from error
    if not isinstance(found, dict) or not isinstance(found.get("name"), str) or not found["name"]:
        raise EmbeddingsError(f"{path}: key '{key}' does not name the {key} (a JSON object with 'name')")
    return found


def read_texts(arrays: Mapping[str, NDArray], key: str, table: Vectors, path: Path, *, writer: str) -> NDArray:
    texts = get_array(arrays, key, path, writer=writer)
    if texts.shape != (len(table),):
        raise EmbeddingsError(
            f"{path}: {key} has shape {texts.shape}, expected one entry for each of {len(table)} rows"
        )
    if texts.dtype.kind != "U" and len(texts):
        raise EmbeddingsError(f"{path}: {key} must hold text, got {texts.dtype}")
    return texts.astype(str)


def read_labels(arrays: Mapping[str, NDArray], key: str, table: Vectors, path: Path, *, writer: str) -> NDArray:
    """Names of categories, tidy, so that they meet those of other files."""
    labels = read_texts(arrays, key, table, path, writer=writer)
    names = {label: read_name(label) for label in set(labels.tolist())}
    return np.array([names[label] for label in labels.tolist()], dtype=str)


def read_pieces(arrays: Mapping[str, NDArray], key: str, table: Vectors, path: Path, *, writer: str) -> NDArray:
    """The recording that each row comes from, '' where unknown; all unknown in files that do not name any."""
    if key not in arrays:
        return np.full(len(table), "", dtype=str)
    return read_texts(arrays, key, table, path, writer=writer)


def refuse_strangers(labels: NDArray, reference_labels: NDArray, path: Path) -> None:
    """Name the labels of images and of reference artworks where there are both and none is common to them."""
    images, references = (sorted(set(each.tolist())) for each in (labels, reference_labels))
    if references and not set(images) & set(references):
        raise EmbeddingsError(
            f"{path}: no label of the images is one of the reference artworks: image_labels has {_some(images)}, "
            f"reference_labels has {_some(references)}; call equal categories the same"
        )


def _some(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def refuse_repeats(ids: NDArray, key: str, path: Path) -> None:
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise EmbeddingsError(f"{path}: {key} names '{values[np.argmax(counts > 1)]}' more than once")
