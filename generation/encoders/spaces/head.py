"""The head that joins music features and image features: partial least squares on the means of the categories.

Both sides are standardised and scaled to length 1; of either, the mean per category is taken, and the directions in
which the categories' music and art vary together (singular vectors of the cross-covariance of the means) span the
space. It is fitted on the train split alone. With a few dozen files anything richer learns the files by heart, and how
many directions are kept is decided by pieces and artworks that were left out of the fit.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.errors import EmbeddingError
from generation.files import npz_bytes

Floats = NDArray[np.float64]

FOLDS = 5
SIZES = (2, 3, 4, 5, 6, 8, 12, 16, 24, 32)  # numbers of directions to choose from
MIN_CATEGORIES = 3  # two categories leave one direction, in which every cosine is 1 or -1
MIN_STD_SHARE = 1e-3  # features that hardly vary on the train split are not blown up


@dataclass(frozen=True)
class Side:
    """Features of one modality with what is known of each file: its category, and the piece it is part of."""

    features: Floats  # (n, d)
    labels: Sequence[str]
    pieces: Sequence[str]

    def keep(self, mask: NDArray[np.bool_]) -> "Side":
        return Side(
            self.features[mask],
            [label for label, kept in zip(self.labels, mask, strict=True) if kept],
            [piece for piece, kept in zip(self.pieces, mask, strict=True) if kept],
        )


@dataclass(frozen=True)
class Projection:
    """From one modality's features to the space: standardise, scale to length 1, centre, project."""

    mean: Floats
    std: Floats
    centre: Floats
    directions: Floats  # (d, size)

    def __call__(self, features: NDArray[np.floating]) -> Floats:
        """(n, d) to (n, size); not yet of length 1."""
        return (scale_rows((np.asarray(features, np.float64) - self.mean) / self.std) - self.centre) @ self.directions


@dataclass(frozen=True)
class Check:
    """How far held-out art prefers held-out music of its own category, for one number of directions."""

    size: int
    advantage: float  # mean cosine to own category's clips minus mean cosine to the others'
    n: int  # held-out artworks compared, over all folds


@dataclass(frozen=True)
class Head:
    """A fitted head: one projection per modality, and the checks by which its size was chosen."""

    audio: Projection
    image: Projection
    labels: list[str]
    checks: list[Check]

    @property
    def size(self) -> int:
        return self.audio.directions.shape[1]

    def to_bytes(self) -> bytes:
        """As .npz; equal heads give equal bytes."""
        arrays = {
            f"{side}_{name}": getattr(getattr(self, side), name)
            for side in ("audio", "image")
            for name in ("mean", "std", "centre", "directions")
        }
        about = {"labels": self.labels, "checks": [asdict(check) for check in self.checks]}
        return npz_bytes(arrays | {"about": np.array(json.dumps(about, ensure_ascii=False))})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Head":
        """Read what `to_bytes` wrote; ValueError or KeyError for anything else."""
        with np.load(BytesIO(data), allow_pickle=False) as stored:
            sides = {
                side: Projection(*(stored[f"{side}_{name}"] for name in ("mean", "std", "centre", "directions")))
                for side in ("audio", "image")
            }
            about = json.loads(str(stored["about"].item()))
        return cls(**sides, labels=about["labels"], checks=[Check(**check) for check in about["checks"]])

    def describe(self) -> dict[str, Any]:
        return {
            "kind": "partial least squares on category means",
            "directions": self.size,
            "categories": self.labels,
            "chosen_by": "largest advantage of held-out art for held-out music of its category (train split, by piece)",
            "checks": [asdict(check) for check in self.checks],
            "sha256": hashlib.sha256(self.to_bytes()).hexdigest(),
        }


def fit_head(audio: Side, image: Side) -> Head:
    """Fit on the train split; categories that lack music or art there take no part.

    Raises EmbeddingError when fewer than three categories have both.
    """
    labels = sorted(set(audio.labels) & set(image.labels))
    if len(labels) < MIN_CATEGORIES:
        raise EmbeddingError(
            f"The embedded space needs {MIN_CATEGORIES} categories with music and art in the train split; "
            f"this dataset has {len(labels)}."
        )
    audio = audio.keep(np.isin(audio.labels, labels))
    image = image.keep(np.isin(image.labels, labels))
    sizes = [size for size in SIZES if size < len(labels)]
    checks = check_sizes(audio, image, labels, sizes)
    best = max(checks, key=lambda check: (check.advantage, -check.size)).size if checks else sizes[0]
    return Head(*fit_projections(audio, image, labels, best), labels, checks)


def fit_projections(audio: Side, image: Side, labels: Sequence[str], size: int) -> tuple[Projection, Projection]:
    """The two projections with `size` directions."""
    (audio_scale, audio_means), (image_scale, image_means) = (_category_means(side, labels) for side in (audio, image))
    audio_centre, image_centre = audio_means.mean(axis=0), image_means.mean(axis=0)
    # The cross-covariance (200 x 1280) has no more rank than there are categories: decompose it through its factors.
    audio_basis, audio_core = np.linalg.qr((audio_means - audio_centre).T)
    image_basis, image_core = np.linalg.qr((image_means - image_centre).T)
    left, _, right = np.linalg.svd(audio_core @ image_core.T)
    left, right = audio_basis @ left[:, :size], image_basis @ right[:size].T
    # Singular vectors have no sign of their own: give them one, or equal fits could differ between libraries.
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(size)])
    return Projection(*audio_scale, audio_centre, left * signs), Projection(*image_scale, image_centre, right * signs)


def check_sizes(audio: Side, image: Side, labels: Sequence[str], sizes: Sequence[int]) -> list[Check]:
    """Fit without one fold of pieces and one fold of artworks, then see whether those find each other.

    Every fold of the music meets every fold of the art. A category is not held out where nothing of it would be left.
    Empty when no category can be held out on both sides.
    """
    gaps: dict[int, list[float]] = {size: [] for size in sizes}
    image_folds = list(_folds(image))
    for audio_out in _folds(audio):
        for image_out in image_folds:
            kept = audio.keep(~audio_out), image.keep(~image_out)
            heard, seen = audio.keep(audio_out), image.keep(image_out)
            to_space = fit_projections(*kept, labels, max(sizes))
            music, art = to_space[0](heard.features), to_space[1](seen.features)
            own = np.array(seen.labels)[:, None] == np.array(heard.labels)[None]
            for size in sizes:
                cosines = scale_rows(art[:, :size]) @ scale_rows(music[:, :size]).T
                gaps[size] += [
                    row[mine].mean() - row[~mine].mean()
                    for row, mine in zip(cosines, own, strict=True)
                    if mine.any() and not mine.all()
                ]
    return [Check(size, float(np.mean(values)), len(values)) for size, values in gaps.items() if values]


def _folds(side: Side) -> list[NDArray[np.bool_]]:
    """Masks of what to hold out: the k-th piece of every category that has another piece left."""
    pieces = {
        label: sorted({piece for piece, of in zip(side.pieces, side.labels, strict=True) if of == label})
        for label in set(side.labels)
    }
    n = min(FOLDS, max(len(found) for found in pieces.values()))
    masks = []
    for fold in range(n):
        out = {
            (label, piece)
            for label, found in pieces.items()
            if len(found) > 1
            for rank, piece in enumerate(found)
            if rank % min(n, len(found)) == fold
        }
        masks.append(np.array([pair in out for pair in zip(side.labels, side.pieces, strict=True)]))
    return [mask for mask in masks if mask.any()]


def _category_means(side: Side, labels: Sequence[str]) -> tuple[tuple[Floats, Floats], Floats]:
    """((mean, std) of the features, (k, d) mean per category of the standardised rows of length 1)."""
    mean, std = side.features.mean(axis=0), side.features.std(axis=0)
    std = np.maximum(std, max(MIN_STD_SHARE * std.max(), 1e-12))
    rows = scale_rows((side.features - mean) / std)
    names = np.array(side.labels)
    return (mean, std), np.stack([rows[names == label].mean(axis=0) for label in labels])


def scale_rows(rows: Floats) -> Floats:
    """Rows of length 1; a zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
