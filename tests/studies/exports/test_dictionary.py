"""The data dictionary: the agreed columns, each described."""

from dataclasses import fields
from pathlib import Path

import pytest

from analysis.reading.responses import COLUMNS as ANALYSIS_COLUMNS
from studyserver.studies.exports.dictionary import COLUMNS, SESSION_COLUMNS, TidyRow
from studyserver.studies.exports.export import export_study
from studyserver.studies.models import Study
from tests.studies.exports.test_export import EXPECTED_COLUMNS, read_csv

pytestmark = pytest.mark.django_db


def test_columns_are_the_agreed_ones_everywhere() -> None:
    names = [column.name for column in COLUMNS]
    assert names == EXPECTED_COLUMNS
    assert names == [field.name for field in fields(TidyRow)]
    assert names == list(ANALYSIS_COLUMNS)


def test_every_column_says_unit_range_and_meaning() -> None:
    for column in (*COLUMNS, *SESSION_COLUMNS):
        assert column.type in {"text", "integer", "boolean"}
        assert column.range
        assert column.empty
        assert column.meaning.endswith(".")
        assert (column.unit == "ms") == column.name.endswith("_ms")


def test_the_shipped_dictionary_lists_every_column(closed: Study, tmp_path: Path) -> None:
    export_study(closed, tmp_path)
    rows = read_csv(tmp_path / "data-dictionary.csv")
    assert [row["column"] for row in rows] == EXPECTED_COLUMNS
    assert list(rows[0]) == ["column", "type", "unit", "range", "empty", "meaning"]
