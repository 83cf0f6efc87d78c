"""Content-addressed storage: names that follow from bytes, stored once."""

import hashlib
import os

from django.core.files.storage import default_storage

from generation.media import storage


def test_a_file_is_named_after_its_bytes_alone():
    sha256, name = storage.store(b"music", ".MP3")
    assert sha256 == hashlib.sha256(b"music").hexdigest()
    assert name == f"{sha256[:2]}/{sha256}.mp3"
    assert storage.public_url(name) == f"/media/{sha256}.mp3"
    with default_storage.open(name) as file:
        assert file.read() == b"music"


def test_storing_equal_bytes_again_keeps_the_first_file():
    _, name = storage.store(b"once", ".png")
    before = os.stat(default_storage.path(name)).st_mtime_ns
    assert storage.store(b"once", ".png")[1] == name
    assert os.stat(default_storage.path(name)).st_mtime_ns == before
