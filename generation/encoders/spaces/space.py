"""What a joint space is: sounds and images as unit vectors whose cosine says how well they go together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.errors import EmbeddingError
from generation.progress import Progress, quietly

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingFile:
    """A file of the train split.

    Attributes
    ----------
    path : Path
        On this machine.
    sha256 : str
        Of its bytes.
    label : str
        Its category.
    piece : str
        What it is part of; its own hash if it is one.
    """

    path: Path
    sha256: str
    label: str
    piece: str


@dataclass(frozen=True)
class SpaceOpening:
    """What a joint space is opened with.

    Attributes
    ----------
    weights : Path
        Folder of the weights that a site fetches for itself.
    features : Path or None
        Folder of the feature cache; None keeps nothing.
    heads : Path
        Folder of what spaces fit to this dataset.
    clips, artworks : callable
        The whole train split, for spaces that are fitted to it.
    progress : Progress
        Shows the work that takes long.
    """

    weights: Path
    features: Path | None
    heads: Path
    clips: Callable[[], Sequence[TrainingFile]]
    artworks: Callable[[], Sequence[TrainingFile]]
    progress: Progress = quietly


class JointSpace(Protocol):
    """Two frozen encoders into one space. Rows are float32 and of length 1; a row depends on its own file alone.

    Attributes
    ----------
    name : str
        Stands beside every number; values of two names never share a column.
    """

    name: str

    def embed_audio(self, paths: Sequence[Path]) -> Vectors:
        """Sound files as rows of length 1.

        Parameters
        ----------
        paths : sequence of Path
            n files.

        Returns
        -------
        array, float32 (n, d)
            In their order.

        Raises
        ------
        AudioError
            Begins with the name of a file that cannot be used.
        """

    def embed_images(self, paths: Sequence[Path]) -> Vectors:
        """Image files as rows of length 1.

        Parameters
        ----------
        paths : sequence of Path
            n files.

        Returns
        -------
        array, float32 (n, d)
            In their order.

        Raises
        ------
        ImageError
            Begins with the name of a file that cannot be used.
        """

    def describe(self) -> dict[str, Any]:
        """What the rows depend on, as JSON: equal descriptions, equal rows.

        Keys: name; weights (file -> sha256); options; versions (package -> version); notes, the sentences that must
        stand beside every number from this space.
        """


def to_unit_rows(rows: Tensor) -> NDArray[np.float32]:
    """Divide every row by its length, computed in float64.

    Parameters
    ----------
    rows : Tensor (n, d)
        Any number format.

    Returns
    -------
    array, float32 (n, d)
        Rows of length 1.

    Raises
    ------
    EmbeddingError
        For a row that has no direction: all zeros, or values that are no numbers.
    """
    rows = rows.double()
    norms = rows.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(norms).all() and (norms > 0).all()):
        raise EmbeddingError("The network gave an embedding without a direction: its weights cannot be right.")
    return (rows / norms).float().numpy()
