"""Arrays that are worked out once: a cache on disk that may be deleted at any time."""

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from generation.files.durable import sweep_temporary, write_durably

# numpy reads an .npy header with Python's parser, which several threads at once confuse (SystemError in CPython 3.11).
READING = Lock()
# Raised when sounds or pictures are read otherwise than before, so that nothing is taken for what it is no more.
DECODING = 2


class ArrayCache:
    """One .npy file for what a media file's hash and a description give; `root=None` keeps nothing."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        if root is not None and root.is_dir():
            sweep_temporary(root)

    def fetch_array(self, sha256: str, identity: dict[str, Any], compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The stored array, or the computed one, which is then stored.

        Parameters
        ----------
        sha256 : str
            Of the media file.
        identity : dict
            All that makes the array what it is, as JSON.
        compute : callable
            Called where nothing is stored, or what is stored is damaged.
        """
        if self.root is None:
            return compute()
        name = hashlib.sha256(json.dumps([sha256, identity, DECODING], sort_keys=True).encode()).hexdigest()
        path = self.root / name[:2] / f"{name}.npy"
        try:
            with READING:
                return np.lib.format.read_array(BytesIO(path.read_bytes()), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            array = compute()
        buffer = BytesIO()
        np.save(buffer, array)
        write_durably(path, buffer.getvalue())
        return array
