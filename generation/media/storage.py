"""Content-addressed media: a file is named after the sha256 of its bytes, so a name tells nothing about its content.

`ContentStorage` is the default storage. It never overwrites (equal name means equal bytes) and a file is either
wholly there or not there: bytes go to a temporary file, are flushed to disk, then renamed. Another storage (object
storage through django-storages) can take its place by the setting STORAGES.
"""

import hashlib
from pathlib import Path, PurePath

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

from generation.files import write_durably


class ContentStorage(FileSystemStorage):
    """Local files, written once and durably."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        if not target.exists():
            write_durably(target, content.read())
        return name


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


def holds(name: str, data: bytes) -> bool:
    """Whether the storage has this file whole: with equal bytes on this machine's disk, of equal size elsewhere."""
    try:
        with open(default_storage.path(name), "rb") as file:
            return file.read() == data
    except FileNotFoundError:
        return False
    except NotImplementedError:
        return default_storage.exists(name) and default_storage.size(name) == len(data)


def restore(name: str, data: bytes) -> None:
    """Put a file back in place of one that is missing or damaged."""
    default_storage.delete(name)
    default_storage.save(name, ContentFile(data))


def public_url(name: str) -> str:
    """Address at which participants and researchers get the file with this storage name."""
    return f"/media/{PurePath(name).name}"
