"""Stored media as local files."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from django.core.files.storage import default_storage

from generation.errors import EmbeddingError


class LocalFiles:
    """Stored files as paths: where the storage is not this machine's disk, copies for as long as `stack` is open."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.folder: Path | None = None

    def path(self, name: str) -> Path:
        """EmbeddingError names a file that the storage does not have."""
        try:
            return Path(default_storage.path(name))
        except NotImplementedError:
            return self._copy(name)

    def _copy(self, name: str) -> Path:
        if self.folder is None:
            self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="paragone-")))
        target = self.folder / Path(name).name
        if not target.exists():
            try:
                with default_storage.open(name) as file:
                    target.write_bytes(file.read())
            except OSError as error:
                raise EmbeddingError(f"{name} is missing from the storage; import its dataset again.") from error
        return target
