"""An export as a Psych-DS dataset: a folder that other psychologists' tools can read (psych-ds.github.io)."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studyserver.studies.columns import Column
from studyserver.studies.exports.dictionary import COLUMNS
from studyserver.studies.exports.export import DICTIONARY, SESSIONS, SESSIONS_DICTIONARY, STUDY, Export
from studyserver.studies.exports.sittings import SESSION_COLUMNS
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
    more = [*_only_of_sessions(), *(column for found in export.companions for column in found.columns)]
    for source, target in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    (folder / "manifest.json").unlink()
    (folder / MANIFEST_PATH).write_text(as_json(manifest_of(moves.values(), rows=export.rows)), encoding="utf-8")
    (folder / DESCRIPTION).write_text(as_json(describe(study, more)), encoding="utf-8")
    readme = README.format(title=study["title"], data=data.name, sessions=sessions.name)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return data


def describe(study: dict[str, Any], more: Sequence[Column]) -> dict[str, Any]:
    """dataset_description.json of a study document; `more` are columns that the responses do not have."""
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
        "variableMeasured": [_property(column) for column in (*COLUMNS, *more)],
    }
    if study["as_of"]:
        described["dateModified"] = study["as_of"]
    return described


def _only_of_sessions() -> list[Column]:
    """Columns of the sessions that the responses do not have."""
    known = {column.name for column in COLUMNS}
    return [column for column in SESSION_COLUMNS if column.name not in known]


def _property(column: Column) -> dict[str, str]:
    measured = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": f"{column.meaning} Range: {column.range}. Empty: {column.empty}.",
    }
    if column.unit:
        measured["unitText"] = column.unit
    return measured


README = """\
# {title}

A Psych-DS dataset. `data/{data}` has one row for each clip of each board that was shown, `data/{sessions}` one for each
session with its attention and headphone checks; every column is described in `dataset_description.json` and in
`documentation/data-dictionary.csv` and `sessions-dictionary.csv`. `documentation/study.json` holds the design, the
provenance of every image and the study's log; `materials/` the images' embeddings, features and
small pictures.
"""
