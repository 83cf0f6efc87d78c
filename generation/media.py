"""Content-addressed media: a file is named after the sha256 of its bytes, so a name tells nothing about its content.

`ContentStorage` is the default storage. It never overwrites (equal name means equal bytes) and a file is either
wholly there or not there: bytes go to a temporary file, are flushed to disk, then renamed. Another storage (object
storage through django-storages) can take its place by the setting STORAGES.
"""

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

TEMPORARY_PREFIX = ".writing-"


class ContentStorage(FileSystemStorage):
    """Local files, written once and durably."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        if not target.exists():
            write_durably(target, content.read())
        return name


def write_durably(target: Path, data: bytes) -> None:
    """Write `data` to `target` so that a killed process or a power cut leaves the old file or the new one, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY_PREFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            # The lock tells `sweep_temporary` that the writer is alive; the system frees it when the process ends.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep_temporary(root: Path) -> int:
    """Remove what killed writers left half-written below `root`; files of living writers stay. Returns how many."""
    removed = 0
    for path in root.rglob(f"{TEMPORARY_PREFIX}*"):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
    return removed


def sha256_of(data: bytes) -> str:
    """Hex sha256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def address(sha256: str, suffix: str) -> str:
    """Storage name of the file with this hash; `suffix` with its dot, e.g. ".mp3"."""
    return f"{sha256[:2]}/{sha256}{suffix.lower()}"


def store(data: bytes, suffix: str) -> tuple[str, str]:
    """Keep `data`; returns (sha256, storage name). Storing the same bytes again changes nothing."""
    sha256 = sha256_of(data)
    name = address(sha256, suffix)
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
    return sha256, name
