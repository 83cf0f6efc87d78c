"""Psych-DS folders follow their rules."""

import json
import re
from pathlib import Path

import pytest

from analysis.reading.answers import answers_from
from analysis.reading.responses import read_responses, validate_responses
from studyserver.studies.exports.clips import CLIP_COLUMNS
from studyserver.studies.exports.dictionary import SESSION_COLUMNS
from studyserver.studies.exports.evidence import EVENT_COLUMNS, SHOWN_COLUMNS
from studyserver.studies.exports.export import Export, export_study
from studyserver.studies.exports.psych_ds import arrange_psych_ds
from studyserver.studies.models import Study
from tests.analysis.edges import DESIGNS, edge_studies
from tests.studies.exports.edges import CASES, export_of
from tests.studies.exports.test_export import EXPECTED_COLUMNS

pytestmark = pytest.mark.django_db


def test_psych_ds_folder_follows_its_rules(closed: Study, tmp_path: Path) -> None:
    export: Export = export_study(closed, tmp_path)
    text = export.responses.read_bytes()
    data = arrange_psych_ds(export)
    assert data == tmp_path / "data" / "study-dopicturessound_data.csv"
    assert re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv", data.name)
    assert data.read_bytes() == text
    described = json.loads((tmp_path / "dataset_description.json").read_text(encoding="utf-8"))
    assert (described["@context"], described["@type"]) == ("https://schema.org/", "Dataset")
    assert (described["name"], bool(described["description"])) == (closed.title, True)
    own = (*SESSION_COLUMNS, *SHOWN_COLUMNS, *EVENT_COLUMNS, *CLIP_COLUMNS)
    more = list(dict.fromkeys(column.name for column in own if column.name not in EXPECTED_COLUMNS))
    assert {"outcome", "event"} <= set(more)
    assert [variable["name"] for variable in described["variableMeasured"]] == EXPECTED_COLUMNS + more
    assert {variable["@type"] for variable in described["variableMeasured"]} == {"PropertyValue"}
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "README.md",
        "data/study-dopicturessound_data.csv",
        *(
            f"data/study-dopicturessound_description-{name}_data.csv"
            for name in ("clips", "events", "sessions", "shown")
        ),
        "dataset_description.json",
        "documentation/clips-dictionary.csv",
        "documentation/data-dictionary.csv",
        "documentation/events-dictionary.csv",
        "documentation/manifest.json",
        "documentation/sessions-dictionary.csv",
        "documentation/shown-dictionary.csv",
        "documentation/study.json",
        "materials/thumbnails-set-a.zip",
    ]


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
