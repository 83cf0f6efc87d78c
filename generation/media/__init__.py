"""Stored media: content-addressed files and their addresses."""

from generation.media.local import LocalFiles
from generation.media.looks import FoundLooks, fill_looks
from generation.media.storage import ContentStorage, address, holds, public_url, restore, sha256_of, store
from generation.media.thumbnails import thumbnails_of

__all__ = [
    "ContentStorage",
    "FoundLooks",
    "LocalFiles",
    "address",
    "fill_looks",
    "holds",
    "public_url",
    "restore",
    "sha256_of",
    "store",
    "thumbnails_of",
]
