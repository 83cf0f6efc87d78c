"""A cache of arrays: computed once per file and description, and whole or not at all."""

import numpy as np
import pytest

from generation.files.array_cache import ArrayCache
from generation.files.durable import TEMPORARY_PREFIX


def counted():
    calls = []

    def compute():
        calls.append(len(calls))
        return np.full((2, 3), len(calls), dtype=np.float32)

    return calls, compute


def test_an_array_is_computed_once_for_a_file_and_a_description(tmp_path):
    calls, compute = counted()
    first = ArrayCache(tmp_path).fetch_array("a", {"layer": 1}, compute)
    again = ArrayCache(tmp_path).fetch_array("a", {"layer": 1}, compute)
    np.testing.assert_array_equal(first, again)
    assert len(calls) == 1
    ArrayCache(tmp_path).fetch_array("b", {"layer": 1}, compute)
    ArrayCache(tmp_path).fetch_array("a", {"layer": 2}, compute)
    assert len(calls) == 3


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"PK\x03\x04", b"no array"])
def test_a_damaged_file_is_computed_again(tmp_path, damage):
    calls, compute = counted()
    ArrayCache(tmp_path).fetch_array("a", {}, compute)
    (path,) = tmp_path.rglob("*.npy")
    path.write_bytes(damage)
    assert ArrayCache(tmp_path).fetch_array("a", {}, compute)[0, 0] == 2
    assert ArrayCache(tmp_path).fetch_array("a", {}, compute)[0, 0] == 2
    assert len(calls) == 2


def test_nothing_is_kept_without_a_folder_and_leftovers_are_swept(tmp_path):
    calls, compute = counted()
    for _ in range(2):
        ArrayCache(None).fetch_array("a", {}, compute)
    assert len(calls) == 2
    (tmp_path / f"{TEMPORARY_PREFIX}killed").touch()
    ArrayCache(tmp_path)
    assert list(tmp_path.iterdir()) == []
