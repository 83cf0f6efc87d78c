"""An export as a Psych-DS dataset: a folder that other psychologists' tools can read (psych-ds.github.io)."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from studyserver.studies.dictionary import COLUMNS, Column
from studyserver.studies.exports import DICTIONARY, STUDY, Export, as_json, manifest_of

DESCRIPTION = "dataset_description.json"
MANIFEST_PATH = Path("documentation") / "manifest.json"


def arrange_psych_ds(export: Export) -> Path:
    """Rearrange a finished export in place; returns the data file.

    `dataset_description.json` (JSON-LD with every column under variableMeasured) at the root, the rows in `data/`,
    study.json and the dictionary in `documentation/`, embeddings in `materials/`.
    """
    folder = export.folder
    study = json.loads(export.study.read_text(encoding="utf-8"))
    data = folder / "data" / f"study-{re.sub('[^a-zA-Z0-9]', '', study['slug']) or 'study'}_data.csv"
    moves = {export.responses: data}
    moves |= {folder / name: folder / "documentation" / name for name in (STUDY, DICTIONARY)}
    moves |= {path: folder / "materials" / path.name for path in export.embeddings}
    for source, target in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    (folder / "manifest.json").unlink()
    (folder / MANIFEST_PATH).write_text(as_json(manifest_of(moves.values(), rows=export.rows)), encoding="utf-8")
    (folder / DESCRIPTION).write_text(as_json(describe(study)), encoding="utf-8")
    (folder / "README.md").write_text(README.format(title=study["title"], data=data.name), encoding="utf-8")
    return data


def describe(study: dict[str, Any]) -> dict[str, Any]:
    """dataset_description.json of a study document."""
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
        "variableMeasured": [_property(column) for column in COLUMNS],
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


README = """\
# {title}

A Psych-DS dataset. `data/{data}` has one row for each clip of each board that was shown; every column is described in
`dataset_description.json` and `documentation/data-dictionary.csv`. `documentation/study.json` holds the design, the
provenance of every image and the study's log; `materials/` the images' embeddings.
"""
