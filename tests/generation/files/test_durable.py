"""Files are wholly there or not there, and what killed writers leave is swept."""

import subprocess
import sys

import pytest

from generation.files.durable import TEMPORARY_PREFIX, sweep_temporary, write_durably


def test_writing_replaces_the_whole_file_and_leaves_nothing_else(tmp_path):
    write_durably(tmp_path / "deep" / "file", b"old")
    write_durably(tmp_path / "deep" / "file", b"new and longer")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]
    assert (tmp_path / "deep" / "file").read_bytes() == b"new and longer"


def test_a_failing_write_leaves_the_old_file_and_no_leftover(tmp_path):
    write_durably(tmp_path / "file", b"old")
    with pytest.raises(TypeError):
        write_durably(tmp_path / "file", "no bytes")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


KILLED = """
import os, sys
from pathlib import Path
from generation.files import durable
durable.os.replace = lambda *a: os.kill(os.getpid(), 9)
durable.write_durably(Path(sys.argv[1]), b"x" * 1000)
"""


def test_a_killed_writer_leaves_the_old_file_and_a_leftover_that_is_swept(tmp_path):
    write_durably(tmp_path / "file", b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "file")], check=False)
    assert killed.returncode == -9
    assert (tmp_path / "file").read_bytes() == b"old"
    assert sweep_temporary(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


LIVING = """
import sys, time
from pathlib import Path
from generation.files import durable
durable.os.replace = lambda *a: (print("writing", flush=True), sys.stdin.readline())
durable.write_durably(Path(sys.argv[1]), b"x")
"""


def test_a_living_writers_file_is_not_swept(tmp_path):
    command = [sys.executable, "-c", LIVING, str(tmp_path / "file")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "writing\n"
        assert sweep_temporary(tmp_path) == 0
        assert [path.name for path in tmp_path.iterdir()][0].startswith(TEMPORARY_PREFIX)
        writer.communicate("go on\n")
