"""Exports of studies at the edges, from rows made by hand."""

from pathlib import Path

import pandas as pd

from analysis.reading.responses import validate_responses
from studyserver.studies.exports.dictionary import COLUMNS, SESSION_COLUMNS, dictionary_csv
from studyserver.studies.exports.export import DICTIONARY, SESSIONS, SESSIONS_DICTIONARY, STUDY, Export
from studyserver.studies.exports.writing import as_json, manifest_of
from tests.analysis.edges import edge_studies

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
