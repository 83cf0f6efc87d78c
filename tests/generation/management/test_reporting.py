"""What goes wrong with files and databases, in one line that says what to do."""

import errno
import os

import pytest
from django.db import OperationalError

from generation.errors import describe
from generation.management.reporting import explain


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "/a/file cannot be written (No space left on device). Make room on the disk and start again"),
        (errno.EDQUOT, "/a/file cannot be written (Disk quota exceeded). Make room on the disk and start again"),
        (errno.EACCES, "/a/file cannot be written or read (Permission denied). Give this user the right to it and"),
        (errno.EROFS, "/a/file cannot be written or read (Read-only file system). Take a disk that can be written"),
        (errno.EIO, "/a/file cannot be written or read (Input/output error). Mend the disk and start again"),
        (errno.EMFILE, "/a/file cannot be written or read (Too many open files). See why and start again"),
    ],
)
def test_a_disk_is_called_full_only_when_it_is(number, words):
    line = explain(OSError(number, os.strerror(number), "/a/file"))
    assert line is not None
    assert line.startswith(words)


@pytest.mark.parametrize(
    ("says", "remedy"),
    [
        ("database or disk is full", "Make room on its disk and"),
        ("database is locked", "Wait until no other program writes to it and"),
        ("no such table: generation_dataset", "Bring it up to date (manage.py migrate) and"),
        ("connection refused\nIs the server running?", "See that it runs and can be written and"),
    ],
)
def test_a_database_is_called_full_only_when_it_is(says, remedy):
    line = explain(OperationalError(says))
    assert line is not None
    assert line.startswith(f"The database cannot be used ({says.splitlines()[0]}). {remedy} start again")


def test_no_line_holds_the_address_of_an_object():
    assert describe(TypeError(f"no {object()!r}\nand more")) == "TypeError: no object"
    assert describe(KeyError()) == "KeyError"
