"""Vectors of files, computed once: a cache under the file's hash and everything that shapes the vector."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generation.errors import EmbeddingError, MediaFileError
from generation.files import PIXELS, ArrayCache
from generation.networks import map_side_by_side
from generation.progress import Progress, quietly

Features = NDArray[np.float32]


class Extractor(Protocol):
    """A frozen network that makes one feature vector of one file."""

    def describe(self) -> dict[str, Any]:
        """Equal descriptions, equal features."""

    def extract(self, data: bytes) -> Features:
        """Features (d,) of a file's bytes; MediaFileError when it cannot be read."""


class DistributionExtractor(Extractor, Protocol):
    """A frozen network whose features of images a distance may be taken between."""

    @property
    def distance_name(self) -> str:
        """What the Fréchet distance between two sets of its features is called; other names share no column."""

    @property
    def notes(self) -> list[str]:
        """What must be said beside numbers made with it."""


class FeatureCache(ArrayCache):
    """Vectors under their file's hash and the extractor's description.

    Parameters
    ----------
    root : Path or None
        Its folder; None keeps nothing.
    """

    def extract_all(
        self, extractor: Extractor, paths: Sequence[Path], *, progress: Progress = quietly, what: str = ""
    ) -> Features:
        """Features of every file.

        Parameters
        ----------
        extractor : Extractor
            Its description is part of the key.
        paths : sequence of Path
            n files.
        progress, what
            Show the work.

        Returns
        -------
        array, float32 (n, d)
            In the files' order.

        Raises
        ------
        AudioError, ImageError
            Beginning with the name of a file that cannot be used.
        """
        # What earlier versions worked out of pixels whose profile was dropped is worked out again.
        identity = extractor.describe() | {"pixels": PIXELS}

        def features_of(path: Path) -> Features:
            data = _read(path)
            sha256 = hashlib.sha256(data).hexdigest()
            return _check(self.fetch_array(sha256, identity, lambda: _extract(extractor, data, path)), path)

        return np.stack(list(progress(map_side_by_side(features_of, paths), what, len(paths))))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EmbeddingError(f"{path.name}: cannot be read ({error.strerror})") from error


def _extract(extractor: Extractor, data: bytes, path: Path) -> Features:
    try:
        features = extractor.extract(data)
    except MediaFileError as error:
        raise type(error)(f"{path.name}: {error}") from error
    return _check(features, path)


def _check(features: Features, path: Path) -> Features:
    if not np.isfinite(features).all():
        raise EmbeddingError(f"{path.name}: gives features that are no finite numbers")
    return features
