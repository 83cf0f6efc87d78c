"""Psych-DS folders and Parquet files of studies at the edges: readable, whole, without values that are no values."""

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from analysis.reading.answers import answers_from
from analysis.reading.responses import read_responses, validate_responses
from studyserver.studies.exports.dictionary import COLUMNS, SESSION_COLUMNS, dictionary_csv
from studyserver.studies.exports.export import DICTIONARY, SESSIONS, SESSIONS_DICTIONARY, STUDY, Export
from studyserver.studies.exports.parquet import write_parquet
from studyserver.studies.exports.psych_ds import arrange_psych_ds
from studyserver.studies.exports.writing import as_json, manifest_of
from tests.analysis.edges import DESIGNS, edge_studies

CASES = list(edge_studies("free"))


def export_of(frame: pd.DataFrame, study: dict[str, object], folder: Path) -> Export:
    """The files of an export, as `export_study` writes them, from rows made by hand."""
    rows = validate_responses(frame)
    for column in COLUMNS:
        if column.type != "text":
            rows[column.name] = rows[column.name].astype("Int64")
    rows[[column.name for column in COLUMNS]].to_csv(folder / "responses.csv", index=False)
    (folder / STUDY).write_text(as_json(study), encoding="utf-8")
    (folder / DICTIONARY).write_text(dictionary_csv(COLUMNS), encoding="utf-8")
    (folder / SESSIONS_DICTIONARY).write_text(dictionary_csv(SESSION_COLUMNS), encoding="utf-8")
    (folder / SESSIONS).write_text(",".join(column.name for column in SESSION_COLUMNS) + "\n", encoding="utf-8")
    files = [folder / "responses.csv", folder / STUDY]
    (folder / "manifest.json").write_text(as_json(manifest_of(files, rows=len(rows))), encoding="utf-8")
    return Export(folder, len(rows), folder / "responses.csv", folder / STUDY, [], [], [])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_a_psych_ds_folder_says_what_the_study_was(case: str, design: str, tmp_path: Path) -> None:
    frame, study = edge_studies(design)[case]
    data = arrange_psych_ds(export_of(frame, study, tmp_path))
    text = (tmp_path / "dataset_description.json").read_text(encoding="utf-8")
    described = json.loads(text)
    assert not re.search(r"\bNaN\b|\bInfinity\b|: null", text)
    assert all(name in described["description"] for name in study["categories"])
    assert f"{design.replace('_', '-')} matching" in described["description"]
    back, kept = read_responses(data), validate_responses(frame)
    assert len(back) == len(kept)
    if len(kept):
        assert (answers_from(back).matrix == answers_from(kept).matrix).all()


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
