"""Exports: exact columns, honest cells, nothing secret, the same bytes for the same answers."""

import csv
import hashlib
import json
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from analysis.reading.responses import COLUMNS as ANALYSIS_COLUMNS
from analysis.reading.responses import read_responses, read_study
from analysis.reading.thumbnails import read_thumbnails, shown_images
from studyserver.studies.design import lifecycle
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.exports import dictionary
from studyserver.studies.exports.answers import TidyRow, read_tidy_rows
from studyserver.studies.exports.export import Export, export_study, look_at, write_responses
from studyserver.studies.exports.parquet import responses_frame, write_parquet
from studyserver.studies.exports.psych_ds import arrange_psych_ds
from studyserver.studies.exports.sittings import SESSION_COLUMNS
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.participants import answer, begin, complete, show, swap

pytestmark = pytest.mark.django_db

FILES = {
    *("data-dictionary.csv", "responses.csv", "sessions-dictionary.csv", "sessions.csv", "study.json"),
    "thumbnails-set-a.zip",
}
EXPECTED_COLUMNS = [
    *("study", "arm", "participant", "session", "simulated", "block", "trial_index", "design", "n_clips", "n_options"),
    *("clip", "clip_category", "clip_position", "chosen_stimulus", "chosen_category", "image_position", "correct"),
    *("rt_ms", "choice_ms", "choice_order", "n_changes", "play_count", "listened_ms", "confidence"),
    *("answered", "excluded", "exclusion_reason"),
]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def closed(study: Study) -> Study:
    """A closed study with two complete participants and one who stopped at the second board."""
    complete(study, simulated=True)
    complete(study, swap("Heavy metal", "Electronic music"), external_id="PERSON-1")
    answer(session := begin(study))
    show(session)
    return lifecycle.close_study(study=study, by="ada")


def test_columns_are_the_agreed_ones_everywhere() -> None:
    names = [column.name for column in dictionary.COLUMNS]
    assert names == EXPECTED_COLUMNS
    assert names == [field.name for field in fields(TidyRow)]
    assert names == list(ANALYSIS_COLUMNS)


def test_every_column_says_unit_range_and_meaning() -> None:
    for column in (*dictionary.COLUMNS, *SESSION_COLUMNS):
        assert column.type in {"text", "integer", "boolean"}
        assert column.range
        assert column.empty
        assert column.meaning.endswith(".")
        assert (column.unit == "ms") == column.name.endswith("_ms")


def test_responses_hold_the_rows_as_cells(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    rows = read_csv(export.responses)
    assert list(rows[0]) == EXPECTED_COLUMNS
    assert len(rows) == export.rows == 24
    for row, tidy in zip(rows, read_tidy_rows(closed), strict=True):
        for name in EXPECTED_COLUMNS:
            value = getattr(tidy, name)
            value = int(value) if isinstance(value, bool) else value
            assert row[name] == ("" if value is None else str(value))
    assert {row["answered"] for row in rows} == {"0", "1"}


def test_analysis_reads_what_is_written(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    frame = read_responses(export.responses)
    assert len(frame) == 24
    assert frame["answered"].sum() == 20
    assert frame["correct"].sum() == 8 + 4 + 4
    assert read_study(export.study)["slug"] == closed.slug
    assert responses_frame(closed).equals(frame)


def test_nothing_secret_leaves(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    text = "".join(path.read_text(encoding="latin-1") for path in tmp_path.iterdir())
    assert "PERSON-1" not in text
    assert closed.salt not in text
    assert "ada" not in json.loads(export.study.read_text())["log"][-1].values()
    for session in closed.sessions.all():
        assert session.code not in text
        assert session.receipt not in text


def test_the_same_answers_give_the_same_bytes(closed: Study, tmp_path: Path) -> None:
    first, second = export_study(closed, tmp_path / "a"), export_study(closed, tmp_path / "b")
    names = sorted(path.name for path in first.folder.iterdir())
    assert names == sorted([*FILES, "manifest.json"])
    assert names == sorted(path.name for path in second.folder.iterdir())
    for name in names:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    again = export_study(closed, tmp_path / "a")
    assert again.responses.read_bytes() == second.responses.read_bytes()


def test_the_manifest_counts_and_hashes_every_file(closed: Study, tmp_path: Path) -> None:
    export = export_study(closed, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["rows"] == export.rows
    assert set(manifest["files"]) == FILES
    for name, entry in manifest["files"].items():
        data = (tmp_path / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_study_document_names_design_arms_and_provenance(db: None, tmp_path: Path, settings: Any) -> None:
    settings.SETS_ROOT = tmp_path / "sets"
    dataset = factories.make_dataset()
    images = factories.make_set(dataset)
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control], status=Study.Status.DRAFT, notes="Pilot.")
    study = lifecycle.open_study(study=study, by="ada")
    for name in ("embedded", "wav2clip"):
        folder = tmp_path / "sets" / images.name / name
        folder.mkdir(parents=True)
        np.savez(folder / "embeddings.npz", x=np.zeros(3))
    np.savez(tmp_path / "sets" / images.name / "embedded" / "features.npz", x=np.zeros(3))
    for _ in range(3):
        complete(study)
    study = lifecycle.close_study(study=study)
    export = export_study(study, tmp_path / "out")
    document = json.loads(export.study.read_text(encoding="utf-8"))
    assert document["schema"] == "paragone-study/1"
    assert document["categories"] == list(factories.CATEGORIES)
    assert document["design_hash"] == study.design_hash
    assert (document["design_intact"], document["interim"], document["status"]) == (True, False, "closed")
    assert (document["notes"], document["seed"]) == ("Pilot.", 7)
    assert [entry["action"] for entry in document["log"]] == ["opened", "closed"]
    assert set(document["log"][0]) == {"action", "detail", "at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", document["as_of"])
    first, second = document["arms"]["arm-1"], document["arms"]["arm-2"]
    assert (first["stimulus_set"], first["source"], first["checkpoint"]) == ("set-a", "musipainter", None)
    assert first["dataset"] == {"name": "museum", "manifest_sha256": dataset.manifest_sha256, "notes": ""}
    assert first["embeddings"] == ["embeddings-set-a-embedded.npz", "embeddings-set-a-wav2clip.npz"]
    assert second["embeddings"] == []
    assert (first["features"], second["features"]) == (["features-set-a-embedded.npz"], [])
    assert [path.name for path in export.features] == first["features"]
    assert [path.name for path in export.thumbnails] == [*first["thumbnails"], *second["thumbnails"]]
    shown = shown_images(read_thumbnails(export.thumbnails[0]), document["categories"])
    for name, row in shown["categories"].items():
        own = [stimulus["sha256"] for stimulus in first["stimuli"] if stimulus["category"] == name]
        assert (row["available"], len(row["shown"])) == (len(own), len(own))
        assert {entry["image"] for entry in row["shown"]} <= set(own)
    assert [path.name for path in export.embeddings] == first["embeddings"]
    assert sum(arm["flow"]["completed"] for arm in (first, second)) == 3
    assert len(first["stimuli"]) == len(second["stimuli"]) == 12
    assert set(first["stimuli"][0]) == {"sha256", "category", "clip", "index", "seed"}
    assert {stimulus["board"] for stimulus in second["stimuli"]} == {0, 1, 2}
    assert {stimulus["category"] for stimulus in first["stimuli"]} == set(factories.CATEGORIES)


def test_a_study_without_answers_exports_a_header(study: Study, tmp_path: Path) -> None:
    export = export_study(lifecycle.close_study(study=study), tmp_path)
    assert export.rows == 0
    assert export.responses.read_text() == ",".join(EXPECTED_COLUMNS) + "\n"
    assert json.loads(export.study.read_text())["as_of"] is None


def test_categories_in_any_script_survive(db: None, tmp_path: Path) -> None:
    names = ["ルネサンス, “象徴”", "Рок\nмузыка", "موسيقى", "Elektronisch; Musik"]
    images = factories.make_set(factories.make_dataset(categories=names))
    study = factories.make_study(sets=[images], categories=names, practice=[])
    complete(study)
    export = export_study(lifecycle.close_study(study=study), tmp_path)
    assert {row["clip_category"] for row in read_csv(export.responses)} == set(names)


def test_answers_of_an_open_study_stay_hidden(study: Study) -> None:
    with pytest.raises(StudyBlind, match="close_study do-pictures-sound"):
        look_at(study, interim=False)
    assert study.log.count() == 0
    assert look_at(study, interim=True, by="ada", what="report") is True
    entry = study.log.get()
    assert (entry.action, entry.detail, entry.by) == ("looked early", "report", "ada")
    assert look_at(lifecycle.close_study(study=study), interim=True) is False


def test_an_interim_export_says_so_and_a_draft_has_nothing(study: Study, tmp_path: Path) -> None:
    look_at(study, interim=True)
    document = json.loads(export_study(study, tmp_path, interim=True).study.read_text())
    assert (document["interim"], document["log"][-1]["action"]) == (True, "looked early")
    draft = factories.make_study(sets=[study.arms.get().stimulus_set], slug="draft", status=Study.Status.DRAFT)
    with pytest.raises(ExportError, match="was never opened"):
        look_at(draft, interim=True)


def test_a_folder_that_cannot_be_written_is_named(closed: Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"file/out: cannot be written"):
        export_study(closed, tmp_path / "file" / "out")


def test_streaming_takes_the_same_memory_for_many_rows(closed: Study, tmp_path: Path) -> None:
    row = next(read_tidy_rows(closed))

    def many(n: int) -> Iterator[TidyRow]:
        return (replace(row, trial_index=i) for i in range(n))

    peaks = []
    for n in (1_000, 20_000):
        tracemalloc.start()
        assert write_responses(many(n), tmp_path / "many.csv") == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
    assert (tmp_path / "many.csv").read_bytes().count(b"\n") == 20_001


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
    more = [column.name for column in SESSION_COLUMNS if column.name not in EXPECTED_COLUMNS]
    assert [variable["name"] for variable in described["variableMeasured"]] == EXPECTED_COLUMNS + more
    assert {variable["@type"] for variable in described["variableMeasured"]} == {"PropertyValue"}
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "README.md",
        "data/study-dopicturessound_data.csv",
        "data/study-dopicturessound_description-sessions_data.csv",
        "dataset_description.json",
        "documentation/data-dictionary.csv",
        "documentation/manifest.json",
        "documentation/sessions-dictionary.csv",
        "documentation/study.json",
        "materials/thumbnails-set-a.zip",
    ]


def test_the_shipped_dictionary_lists_every_column(closed: Study, tmp_path: Path) -> None:
    export_study(closed, tmp_path)
    rows = read_csv(tmp_path / "data-dictionary.csv")
    assert [row["column"] for row in rows] == EXPECTED_COLUMNS
    assert list(rows[0]) == ["column", "type", "unit", "range", "empty", "meaning"]
