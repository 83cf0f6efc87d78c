"""Companion tables of kinds of trials: found beside the responses, summed up by their own module, by name."""

from pathlib import Path

import pytest

from analysis import render
from analysis.errors import AnalysisError
from analysis.kinds import KINDS, find_kind, find_tables, summarise_tables
from analysis.results import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4


def test_no_table_beside_the_responses_is_no_section(tmp_path: Path) -> None:
    (tmp_path / "rating.csv").write_text("fit\n1\n", encoding="utf-8")
    assert find_tables(tmp_path) == {}
    assert summarise_tables({}, {}) == {}


def test_an_unknown_kind_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnalysisError, match="no kind of trial “dance” with a section of its own; known: none"):
        find_kind("dance")
    monkeypatch.setitem(KINDS, "rating", "toy")
    with pytest.raises(AnalysisError, match="known: rating"):
        render.html(build_result(table_4(), study_of()) | {"kinds": {"dance": {}}})


@pytest.mark.parametrize("content", [b"", b'a\n"', b"\xff\xfe\xfa"])
def test_a_file_that_is_no_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    (tmp_path / "toy_companion.py").write_text("def summarise(table, study): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(KINDS, "rating", "toy_companion")
    (tmp_path / "rating.csv").write_bytes(content)
    with pytest.raises(AnalysisError, match=r"rating\.csv: not a table"):
        summarise_tables(find_tables(tmp_path), {})
