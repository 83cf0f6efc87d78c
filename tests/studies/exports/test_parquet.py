"""Parquet: the same values, typed."""

from pathlib import Path

import pyarrow.parquet
import pytest

from analysis.reading.responses import validate_responses
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.dictionary import COLUMNS
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.parquet import write_parquet
from studyserver.studies.models import Study
from tests.analysis.edges import DESIGNS, edge_studies
from tests.studies.exports.edges import CASES, export_of
from tests.studies.exports.test_export import EXPECTED_COLUMNS

pytestmark = pytest.mark.django_db


def test_parquet_holds_the_same_values_typed(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    assert write_parquet(export.responses, tmp_path / "responses.parquet") == export.rows
    table = pyarrow.parquet.read_table(tmp_path / "responses.parquet")
    assert table.column_names == EXPECTED_COLUMNS
    tidy = list(read_tidy_rows(closed))
    for name in EXPECTED_COLUMNS:
        expected = [getattr(row, name) for row in tidy]
        if name in {"chosen_stimulus", "chosen_category"}:  # text knows no missing value beside the empty one
            expected = [value or "" for value in expected]
        assert table.column(name).to_pylist() == expected


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_parquet_keeps_types_where_columns_are_empty(case: str, design: str, tmp_path: Path) -> None:
    frame, study = edge_studies(design)[case]
    export = export_of(frame, study, tmp_path)
    assert write_parquet(export.responses, tmp_path / "responses.parquet") == export.rows
    table = pyarrow.parquet.read_table(tmp_path / "responses.parquet")
    kinds = {"text": "string", "integer": "int64", "boolean": "bool"}
    assert {field.name: str(field.type) for field in table.schema} == {c.name: kinds[c.type] for c in COLUMNS}
    assert table.column("clip_category").to_pylist() == validate_responses(frame)["clip_category"].tolist()
