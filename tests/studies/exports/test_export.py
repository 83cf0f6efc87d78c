"""Exports: exact columns, honest cells, nothing secret, the same bytes for the same answers."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from analysis.reading.responses import read_responses, read_study
from analysis.reading.sessions import read_sessions
from studyserver.studies.design import lifecycle
from studyserver.studies.design.freezing import lifted
from studyserver.studies.errors import ExportError, StudyBlind
from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.exports.export import export_study, look_at
from studyserver.studies.exports.parquet import write_parquet
from studyserver.studies.models import Session, Study
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db

FILES = {
    *("data-dictionary.csv", "responses.csv", "sessions-dictionary.csv", "sessions.csv", "study.json"),
    *("shown.csv", "shown-dictionary.csv", "events.csv", "events-dictionary.csv", "thumbnails-set-a.zip"),
    *("clips.csv", "clips-dictionary.csv"),
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


@pytest.mark.parametrize("by", ["option", "setting"])
def test_tables_may_begin_with_a_mark_that_our_readers_take(
    closed: Study, tmp_path: Path, settings: Any, by: str
) -> None:
    plain = export_study(closed, tmp_path / "plain")
    settings.CSV_BOM = by == "setting"
    marked = export_study(closed, tmp_path / "marked", bom=by == "option")
    for path in plain.folder.glob("*.csv"):
        assert (marked.folder / path.name).read_bytes() == b"\xef\xbb\xbf" + path.read_bytes()
    pd.testing.assert_frame_equal(read_responses(marked.responses), read_responses(plain.responses))
    assert write_parquet(marked.responses, tmp_path / "marked.parquet") == plain.rows


def test_no_cell_of_an_older_study_runs_in_a_spreadsheet(db: None, tmp_path: Path) -> None:
    study = factories.make_study(slug="-2", trials_per_session=1)
    with lifted():
        study.arms.update(name="--1")
    session = complete(study)
    Session.objects.filter(pk=session.pk).update(state=Session.State.EXCLUDED, exclusion_reason="=1+1\rtwo")
    export = export_study(lifecycle.close_study(study=study), tmp_path)
    for name in ("responses.csv", "sessions.csv"):
        cells = [cell for row in read_csv(tmp_path / name) for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    frame = read_responses(export.responses)
    assert (set(frame["study"]), set(frame["arm"])) == ({"-2"}, {"--1"})
    assert set(frame["exclusion_reason"]) == {"=1+1 two"}
    assert set(read_sessions(tmp_path / "sessions.csv")["arm"]) == {"--1"}
    write_parquet(export.responses, tmp_path / "responses.parquet")
    assert set(parquet.read_table(tmp_path / "responses.parquet")["arm"].to_pylist()) == {"--1"}
