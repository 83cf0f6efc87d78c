from dataclasses import dataclass

import numpy as np
import pytest

from analysis.documents import absent, hash_files, plain, write_contents
from analysis.errors import AnalysisError


@dataclass
class Point:
    x: float


def test_a_document_holds_plain_values_alone():
    assert plain({1: [Point(1.5), (np.int64(2), np.array([True]))]}) == {"1": [{"x": 1.5}, [2, [True]]]}
    with pytest.raises(AnalysisError, match=r"result\.a\[1\] is inf"):
        plain({"a": [1, float("inf")]})


def test_what_does_not_exist_is_null_with_a_reason():
    found = absent("too_small", "Too few.", ("value", "se"), n=2)
    assert found == {"value": None, "se": None, "n": 2, "status": "too_small", "reason": "Too few."}


def test_what_an_earlier_document_left_is_removed(tmp_path):
    write_contents({"a.json": "1", "tables/x.csv": "1", "figures/x.svg": b"1"}, tmp_path)
    (tmp_path / "tables" / "own.txt").write_text("kept")
    written = write_contents({"a.json": "2", "tables/y.csv": "2"}, tmp_path)
    assert written["tables/y.csv"].read_text() == "2"
    assert not (tmp_path / "tables" / "x.csv").exists()
    assert not (tmp_path / "figures" / "x.svg").exists()
    assert (tmp_path / "tables" / "own.txt").exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(AnalysisError, match="gone.csv: cannot be read"):
        hash_files({"gone.csv": tmp_path / "gone.csv"})
