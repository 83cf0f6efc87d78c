"""Read and check embeddings.npz: generated images, the clips and the reference artworks of one set in one space.

Keys (G generated images, T clips, R reference artworks, d dimensions; rows L2-normalised)
    image_embeddings (G, d)      image_ids (G,)      image_labels (G,)      partner (G,) row of the clip
    audio_embeddings (T, d)      audio_ids (T,)      audio_labels (T,)
    reference_embeddings (R, d)  reference_ids (R,)  reference_labels (R,)  reference_partner (G,) row of the reference
    image_pieces (G,)  audio_pieces (T,)  reference_pieces (R,)   recording each row comes from, '' where unknown
    space                        JSON text: name, set, dataset, splits, notes, hashes of the weights, versions
R = 0 stands for a set whose clips have no reference artworks; reference_partner is then all -1. Files without
pieces know of no recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import EmbeddingsError
from analysis.reading.archives import (
    Vectors,
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

KINDS = ("image", "audio", "reference")

NORM_TOLERANCE = 1e-2

# The command that writes such files: the remedy that errors name.
WRITER = "embed_stimuli"


@dataclass(frozen=True)
class Embeddings:
    """Contents of one embeddings.npz, checked: every partner exists, every vector is finite and of length 1."""

    images: Vectors
    image_ids: NDArray
    image_labels: NDArray
    audio: Vectors
    audio_ids: NDArray
    audio_labels: NDArray
    references: Vectors
    reference_ids: NDArray
    reference_labels: NDArray
    partner: NDArray[np.int64]
    reference_partner: NDArray[np.int64]
    image_pieces: NDArray
    audio_pieces: NDArray
    reference_pieces: NDArray
    space: Mapping[str, Any]
    sha256: str

    @property
    def has_references(self) -> bool:
        return len(self.references) > 0

    def restrict(self, categories: list[str]) -> "Embeddings":
        """Only the images, clips and references of these categories, partners renumbered.

        Raises:
            EmbeddingsError: an image of these categories was made from a clip (or stands beside a reference) that
                lies outside them.
        """
        labels = (self.image_labels, self.audio_labels, self.reference_labels)
        images, audio, references = (np.isin(own, categories) for own in labels)
        return replace(
            self,
            images=self.images[images], image_ids=self.image_ids[images], image_labels=self.image_labels[images],
            audio=self.audio[audio], audio_ids=self.audio_ids[audio], audio_labels=self.audio_labels[audio],
            references=self.references[references], reference_ids=self.reference_ids[references],
            reference_labels=self.reference_labels[references],
            image_pieces=self.image_pieces[images], audio_pieces=self.audio_pieces[audio],
            reference_pieces=self.reference_pieces[references],
            partner=_renumber(self.partner[images], audio, "partner"),
            reference_partner=_renumber(self.reference_partner[images], references, "reference_partner"),
        )  # fmt: skip

    def keep(self, images: NDArray[np.bool_], audio: NDArray[np.bool_]) -> "Embeddings":
        """Only these images and clips, partners renumbered; all references stay."""
        return replace(
            self,
            images=self.images[images], image_ids=self.image_ids[images], image_labels=self.image_labels[images],
            image_pieces=self.image_pieces[images], audio=self.audio[audio], audio_ids=self.audio_ids[audio],
            audio_labels=self.audio_labels[audio], audio_pieces=self.audio_pieces[audio],
            partner=_renumber(self.partner[images], audio, "partner"), reference_partner=self.reference_partner[images],
        )  # fmt: skip


def load(path: Path | str) -> Embeddings:
    """Read embeddings.npz.

    Raises:
        EmbeddingsError: one line that names the file, the key and the row, and what to do.
    """
    path = Path(path)
    arrays, sha256 = read_archive(path, writer=WRITER)
    space = read_description(arrays, "space", path, writer=WRITER)
    tables = {kind: _table(arrays, kind, path) for kind in KINDS}
    sizes = {kind: table.shape[1] for kind, table in tables.items() if len(table)}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{kind}_embeddings {size}" for kind, size in sizes.items())
        raise EmbeddingsError(f"{path}: dimensions differ ({found}); embed all of them in one space")
    names = {
        kind: [
            read_texts(arrays, f"{kind}_ids", table, path, writer=WRITER),
            read_labels(arrays, f"{kind}_labels", table, path, writer=WRITER),
        ]
        for kind, table in tables.items()
    }
    for kind in ("image", "audio"):
        if not len(tables[kind]):
            raise EmbeddingsError(f"{path}: {kind}_embeddings has no rows; embed a set that holds images and clips")
        refuse_repeats(names[kind][0], f"{kind}_ids", path)
    refuse_strangers(names["image"][1], names["reference"][1], path)
    partner = _partner(arrays, "partner", tables["image"], tables["audio"], path)
    pieces = {kind: read_pieces(arrays, f"{kind}_pieces", table, path, writer=WRITER) for kind, table in tables.items()}
    if "image_pieces" not in arrays:
        pieces["image"] = pieces["audio"][partner]
    _refuse_other_pieces(pieces["image"], pieces["audio"][partner], path)
    return Embeddings(
        images=tables["image"], image_ids=names["image"][0], image_labels=names["image"][1],
        audio=tables["audio"], audio_ids=names["audio"][0], audio_labels=names["audio"][1],
        references=tables["reference"], reference_ids=names["reference"][0], reference_labels=names["reference"][1],
        image_pieces=pieces["image"], audio_pieces=pieces["audio"], reference_pieces=pieces["reference"],
        partner=partner,
        reference_partner=_partner(arrays, "reference_partner", tables["image"], tables["reference"], path),
        space=space, sha256=sha256,
    )  # fmt: skip


def _table(arrays: Mapping[str, NDArray], kind: str, path: Path) -> Vectors:
    key = f"{kind}_embeddings"
    table = get_array(arrays, key, path, writer=WRITER)
    if table.ndim != 2 or table.dtype.kind != "f":
        raise EmbeddingsError(
            f"{path}: {key} must be a table of floats (rows, dimensions), got {table.dtype} {table.shape}"
        )
    if found := find_bad_row(table):
        raise EmbeddingsError(f"{path}: {key} row {found[0]} {found[1]}; embed that item again")
    lengths = np.sqrt(np.vecdot(table.astype(np.float64), table.astype(np.float64)))
    if (lengths == 0).any():
        raise EmbeddingsError(f"{path}: {key} row {np.argmin(lengths)} is a zero vector; embed that item again")
    off = np.flatnonzero(np.abs(lengths - 1) > NORM_TOLERANCE)
    if off.size:
        row = int(off[0])
        raise EmbeddingsError(f"{path}: {key} row {row} has length {lengths[row]:.4g}; divide every row by its length")
    return table


def _partner(
    arrays: Mapping[str, NDArray], key: str, images: Vectors, others: Vectors, path: Path
) -> NDArray[np.int64]:
    partner = get_array(arrays, key, path, writer=WRITER)
    if partner.shape != (len(images),) or partner.dtype.kind not in "iu":
        raise EmbeddingsError(
            f"{path}: {key} must hold one whole row number for each of {len(images)} images, got {partner.dtype} "
            f"{partner.shape}"
        )
    partner = partner.astype(np.int64)
    if not len(others) and (partner == -1).all():
        return partner
    unknown = np.flatnonzero((partner < 0) | (partner >= len(others)))
    if unknown.size:
        row = int(unknown[0])
        raise EmbeddingsError(
            f"{path}: {key} of image row {row} is {partner[row]}, but there are only {len(others)} rows to point to"
        )
    return partner


def _refuse_other_pieces(images: NDArray, clips: NDArray, path: Path) -> None:
    """An image comes from the recording of its clip, where both name one."""
    other = np.flatnonzero((images != clips) & (images != "") & (clips != ""))
    if other.size:
        row = int(other[0])
        raise EmbeddingsError(
            f"{path}: image_pieces row {row} is '{images[row]}', but its clip comes from '{clips[row]}'; write the "
            f"file again with {WRITER}"
        )


def _renumber(partner: NDArray[np.int64], kept: NDArray[np.bool_], key: str) -> NDArray[np.int64]:
    if not len(kept):
        return partner
    new = np.where(kept, np.cumsum(kept) - 1, -1)[partner]
    if (new < 0).any():
        raise EmbeddingsError(f"{key}: an image of the chosen categories belongs to an item of another category")
    return new
