"""An export as a Psych-DS dataset: a folder that other psychologists' tools can read (psych-ds.github.io)."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from studyserver.studies.columns import Column
from studyserver.studies.exports.dictionary import COLUMNS, SESSION_COLUMNS
from studyserver.studies.exports.export import DICTIONARY, SESSIONS, SESSIONS_DICTIONARY, STUDY, Export
from studyserver.studies.exports.writing import as_json, manifest_of

DESCRIPTION = "dataset_description.json"
MANIFEST_PATH = Path("documentation") / "manifest.json"


def arrange_psych_ds(export: Export) -> Path:
    """Rearrange a finished export in place; returns the data file.

    `dataset_description.json` (JSON-LD with every column under variableMeasured) at the root, the rows in `data/`,
    study.json and the dictionary in `documentation/`, embeddings, features and small pictures in `materials/`.
    """
    folder = export.folder
    study = json.loads(export.study.read_text(encoding="utf-8"))
    data = folder / "data" / f"study-{re.sub('[^a-zA-Z0-9]', '', study['slug']) or 'study'}_data.csv"
    sessions = data.with_name(data.name.replace("_data.csv", "_description-sessions_data.csv"))
    moves = {export.responses: data, folder / SESSIONS: sessions}
    documents = (STUDY, DICTIONARY, SESSIONS_DICTIONARY)
    moves |= {folder / name: folder / "documentation" / name for name in documents}
    moves |= {path: folder / "materials" / path.name for path in export.materials}
    for found in export.companions:
        moves[found.table] = data.with_name(data.name.replace("_data.csv", f"_description-{found.table.stem}_data.csv"))
        moves[found.dictionary] = folder / "documentation" / found.dictionary.name
    own = [column for found in export.companions for column in found.columns]
    for source, target in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    (folder / "manifest.json").unlink()
    (folder / MANIFEST_PATH).write_text(as_json(manifest_of(moves.values(), rows=export.rows)), encoding="utf-8")
    (folder / DESCRIPTION).write_text(as_json(describe(study, own)), encoding="utf-8")
    names = {"title": study["title"], "data": data.name, "sessions": sessions.name}
    (folder / "README.md").write_text(render_to_string("texts/psych-ds.md", names), encoding="utf-8")
    return data


def describe(study: dict[str, Any], own: Sequence[Column]) -> dict[str, Any]:
    """dataset_description.json of a study document; `own` are columns of the tables that kinds of trials add."""
    # Of what several tables have, the words are those of the first.
    columns: dict[str, Column] = {}
    for column in (*COLUMNS, *SESSION_COLUMNS, *own):
        columns.setdefault(column.name, column)
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": study["title"],
        "description": (
            f"Audio-to-image matching study “{study['title']}” ({study['design'].replace('_', '-')} matching; "
            f"categories: {', '.join(study['categories'])}). One row is one clip of one board."
            + (" " + study["notes"]).rstrip()
        ),
        "identifier": f"sha256:{study['design_hash']}",
        "variableMeasured": [_property(column) for column in columns.values()],
    }
    if study["as_of"]:
        described["dateModified"] = study["as_of"]
    return described


def _property(column: Column) -> dict[str, str]:
    measured = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": f"{column.meaning} Range: {column.range}. Empty: {column.empty}.",
    }
    if column.unit:
        measured["unitText"] = column.unit
    return measured
