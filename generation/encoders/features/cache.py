"""Vectors of files, computed once: a cache under the file's hash and everything that shapes the vector."""

import hashlib
import json
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generation.errors import EmbeddingError, MediaFileError
from generation.files import write_durably
from generation.networks import map_side_by_side
from generation.progress import Progress, quietly

Features = NDArray[np.float32]


class Extractor(Protocol):
    """A frozen network that makes one feature vector of one file."""

    def describe(self) -> dict[str, Any]:
        """Equal descriptions, equal features."""

    def extract(self, data: bytes) -> Features:
        """Features (d,) of a file's bytes; MediaFileError when it cannot be read."""


class FeatureCache:
    """One .npy file per file and description below `root`; may be deleted at any time. `root=None` keeps nothing."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def extract_all(
        self, extractor: Extractor, paths: Sequence[Path], *, progress: Progress = quietly, what: str = ""
    ) -> Features:
        """Features (n, d) of every file, in order.

        Raises AudioError or ImageError beginning with the name of a file that cannot be used.
        """
        identity = extractor.describe()

        def features_of(path: Path) -> Features:
            data = _read(path)
            return self.fetch(data, identity, lambda: _extract(extractor, data, path))

        return np.stack(list(progress(map_side_by_side(features_of, paths), what, len(paths))))

    def fetch(self, data: bytes, identity: dict[str, Any], compute: Callable[[], Features]) -> Features:
        """The stored vector of these bytes, or the computed one, which is then stored."""
        if self.root is None:
            return compute()
        words = json.dumps([hashlib.sha256(data).hexdigest(), identity], sort_keys=True)
        key = hashlib.sha256(words.encode()).hexdigest()
        path = self.root / key[:2] / f"{key}.npy"
        if (stored := _read_stored(path)) is not None:
            return stored
        features = compute()
        buffer = BytesIO()
        np.save(buffer, features)
        write_durably(path, buffer.getvalue())
        return features


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
    if not np.isfinite(features).all():
        raise EmbeddingError(f"{path.name}: gives features that are no finite numbers")
    return features


def _read_stored(path: Path) -> Features | None:
    try:
        return np.lib.format.read_array(BytesIO(path.read_bytes()), allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError):
        return None  # a damaged entry is computed again
