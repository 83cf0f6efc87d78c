"""What a joint space is: sounds and images as unit vectors whose cosine says how well they go together."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class JointSpace(Protocol):
    """Two frozen encoders into one space. Rows are float32 and of length 1; a row depends on its own file alone."""

    name: str

    def embed_audio(self, paths: Sequence[Path]) -> Vectors:
        """Sound files -> (n, d); AudioError begins with the name of a file that cannot be used."""

    def embed_images(self, paths: Sequence[Path]) -> Vectors:
        """Image files -> (n, d); ImageError begins with the name of a file that cannot be used."""

    def describe(self) -> dict[str, Any]:
        """What the rows depend on, as JSON: equal descriptions, equal rows.

        Keys: name; weights (file -> sha256); options; versions (package -> version); notes, the sentences that must
        stand beside every number from this space.
        """


def package_versions(*names: str) -> dict[str, str]:
    """Installed versions, for provenance."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
