"""The data dictionary: the agreed columns, each described."""

from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from analysis.reading.responses import COLUMNS as ANALYSIS_COLUMNS
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.dictionary import (
    COLUMNS,
    SESSION_COLUMNS,
    TidyRow,
    columns_of,
    described,
    dictionary_csv,
)
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.sittings import read_session_rows
from studyserver.studies.exports.writing import write_rows
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


@dataclass(frozen=True)
class ToyRow:
    name: str = described("any", "What it is called.")
    weight_ms: int | None = described("0 or more", "How long it weighs.", unit="ms", empty="not weighed")
    good: bool = described("0, 1", "1: it is good.")


def test_a_tables_columns_are_those_of_its_rows(tmp_path: Path) -> None:
    columns = columns_of(ToyRow)
    assert [(column.name, column.type, column.unit, column.empty) for column in columns] == [
        ("name", "text", "", "never"),
        ("weight_ms", "integer", "ms", "not weighed"),
        ("good", "boolean", "", "never"),
    ]
    write_rows([ToyRow("a", None, True), ToyRow("b", 2, False)], columns, tmp_path / "toy.csv")
    assert (tmp_path / "toy.csv").read_text() == "name,weight_ms,good\na,,1\nb,2,0\n"
    assert dictionary_csv(columns).splitlines()[:2] == [
        "column,type,unit,range,empty,meaning",
        "name,text,,any,never,What it is called.",
    ]


def test_cells_are_empty_only_where_the_dictionary_says(closed: Study) -> None:
    for rows, columns in ((read_tidy_rows(closed), COLUMNS), (read_session_rows(closed), SESSION_COLUMNS)):
        full = [column.name for column in columns if column.empty == "never"]
        assert all(getattr(row, name) is not None for row in rows for name in full)
