"""What lies in a folder: taken, or named with the reason, and never opened."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.datasets.entries import FolderReading, Skipped, list_folder, look_at, read_below, show_path
from generation.errors import MediaFileError


@pytest.fixture
def root(tmp_path):
    """A folder with every kind of entry."""
    (tmp_path / "outside.wav").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "inner" / "deeper").mkdir(parents=True)
    for name in ("a.wav", "inner/b.wav", "inner/deeper/c.wav", ".DS_Store", "Thumbs.db"):
        (root / name).write_bytes(b"x")
    for name, target in {"out": "../outside.wav", "gone": "nowhere", "circle": "circle.wav", "again": "a.wav"}.items():
        (root / f"{name}.wav").symlink_to(target)
    (root / "loop").symlink_to(".")
    os.mkfifo(root / "pipe.wav")
    os.rename(os.fsencode(root / "inner" / "b.wav"), os.fsencode(root / "inner") + b"/caf\xe9.wav")
    return root


def test_every_entry_is_taken_or_named(root):
    found = list_folder(root, root)
    assert [path.name for path in found.files] == ["a.wav", "again.wav"]
    assert [path.name for path in found.folders] == ["inner", "loop"]
    assert found.hidden == 2
    assert list(map(str, found.left_out)) == [
        "circle.wav: is a link that leads back to itself",
        "gone.wav: is a link to nothing",
        "out.wav: lies outside the dataset's folder",
        "pipe.wav: is a named pipe, not a file",
    ]


def test_what_lies_below_is_left_out_one_by_one_and_links_are_not_entered(root):
    reading = FolderReading(root)
    reading.leave_out_below(root / "inner", "lies too deep")
    reading.leave_out_below(root / "loop", "lies too deep")
    reading.leave_out_whole(root / "inner", "is no category")
    assert list(map(str, reading.skipped)) == [
        "inner/caf\\xe9.wav: its name is no UTF-8 text; rename it",
        "inner/deeper/c.wav: lies too deep",
        "loop/: is a link to a folder; it lies too deep",
        "inner/: is no category",
    ]
    assert reading.skipped[-1].files == 2


def test_a_pipe_a_folder_and_what_lies_outside_are_never_read(root):
    assert read_below(root / "again.wav", root) == b"x"
    for name, reason in {
        "pipe.wav": "is a named pipe, not a file",
        "inner": "is a folder, not a file",
        "out.wav": "lies outside the folder",
        "../outside.wav": "lies outside the folder",
        "missing.wav": "is missing",
        "a.wav/b": "cannot be read",
    }.items():
        with pytest.raises(MediaFileError, match=reason):
            read_below(root / name, root, whole="the folder")


def test_a_folder_that_cannot_be_read_is_named(root, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    assert list_folder(root / "inner", root).left_out == [Skipped("inner/", "cannot be read (Permission denied)", 0)]


def test_the_mode_tells_files_from_folders(root):
    assert stat.S_ISREG(look_at(root / "a.wav", root))
    assert stat.S_ISDIR(look_at(root / "inner", root))


def test_a_path_stands_on_one_line():
    assert show_path("a\nb\tc\x07.wav") == "a\\nb\\tc\\x07.wav"
    assert show_path("caf\udce9.wav") == "caf\\xe9.wav"
    assert show_path("民謡/é.wav") == "民謡/é.wav"


@given(st.sets(st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & set(b"/\0")), max_size=6))
@settings(max_examples=25)
def test_whatever_files_are_called_each_is_taken_or_named_on_one_line(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("names", numbered=True)
    names -= {b".", b".."}
    for name in names:
        with open(os.fsencode(root) + b"/" + name, "wb") as file:
            file.write(b"x")
    found = list_folder(root, root)
    assert len(found.files) + len(found.left_out) + found.hidden == len(names)
    assert all(len(str(skip).splitlines()) == 1 for skip in found.left_out)
    assert all(read_below(path, root) == b"x" for path in found.files)
