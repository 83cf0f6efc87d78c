"""shown.csv: what became of each clip and each image."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analysis.reading import read_sessions
from studyserver.studies.design import lifecycle
from studyserver.studies.exports.dictionary import SESSION_COLUMNS
from studyserver.studies.exports.evidence import SHOWN_COLUMNS, read_shown_rows
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.parquet import write_parquet
from studyserver.studies.models import ListenEvent, Session, Study, Trial
from studyserver.studies.sitting.events import Event, record_events
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies.exports.test_export import read_csv
from tests.studies.participants import answer, begin, complete, match, send, show
from tests.studies.screened import at_trials, go_through, make_study
from tests.studies.sitting.steps import hear, shown_earlier

pytestmark = pytest.mark.django_db


def go_on_without_pictures(session: Session) -> Trial:
    """Every picture of the board fails; the clips are heard and matched."""
    trial = shown_earlier(show(session))
    k = len(trial.image_order)
    events = [Event("ready", "media_ready", data={"watches": True})]
    events += [Event(f"broken-{i}", "media_error", data={"image": i, "what": "load"}) for i in range(1, k + 1)]
    record_events(session=session, trial=trial, events=events)
    for position in range(1, k + 1):
        hear(trial, position, 900)
    Trial.objects.filter(pk=trial.pk).update(browser="Firefox")
    send(trial, match(trial))
    return trial


def test_answers_given_without_pictures_say_so(study: Study, tmp_path: Path) -> None:
    session = begin(study)
    trial = go_on_without_pictures(session)
    answer(session)
    lifecycle.close_study(study=study)
    export = export_study(study, tmp_path)
    rows = read_csv(tmp_path / "shown.csv")
    assert list(rows[0]) == [column.name for column in SHOWN_COLUMNS]
    first = [row for row in rows if row["trial_index"] == "1"]
    outcomes = [(row["medium"], row["position"], row["outcome"], row["browser"]) for row in first]
    assert outcomes == [
        *(("clip", str(i), "heard", "Firefox") for i in (1, 2, 3, 4)),
        *(("image", str(i), "unplayable", "Firefox") for i in (1, 2, 3, 4)),
    ]
    answers = [row for row in read_csv(export.responses) if row["trial_index"] == "1"]
    assert {row["block"] for row in first} == {row["block"] for row in answers}
    assert [row["file"] for row in first[:4]] == [row["clip"] for row in answers]
    assert {row["chosen_stimulus"] for row in answers} == {row["file"] for row in first[4:]}
    assert {row["outcome"] for row in rows if row["trial_index"] == "2"} == {"declared"}
    (told,) = read_csv(tmp_path / "sessions.csv")
    assert (told["browser"], told["images_failed"], told["images_declared"], told["clips_heard"]) == ("", "4", "4", "4")
    assert trial.session_id == session.pk
    assert (tmp_path / "shown-dictionary.csv").read_text().count("\n") == len(SHOWN_COLUMNS) + 1
    typed = tmp_path / "shown.parquet"
    assert write_parquet(tmp_path / "shown.csv", typed, export.companions[0].all_columns) == len(rows)


def test_boards_left_unanswered_and_checks_are_there_and_practice_and_erased_ones_are_not(db: None) -> None:
    study = make_study()
    go_through(at_trials(study))
    show(at_trials(study))
    gone = at_trials(study)
    show(gone)
    withdraw_session(session=gone, erase=True)
    rows = list(read_shown_rows(study))
    assert len({row.session for row in rows}) == 2
    assert Counter((row.kind, row.answered) for row in rows if row.medium == "clip") == {
        ("main", True): 12, ("attention", True): 1, ("main", False): 4,
    }  # fmt: skip
    assert {row.outcome for row in rows if not row.answered} == {"missed"}


def test_boards_of_earlier_versions_are_weighed_by_what_they_left(study: Study, tmp_path: Path) -> None:
    session = begin(study)
    go_on_without_pictures(session)
    Trial.objects.update(evidence={}, took_ms=None, browser="", shown_clock="")
    ListenEvent.objects.update(since_ms=None)
    rows = list(read_shown_rows(study))
    assert [row.outcome for row in rows] == ["heard"] * 4 + ["unplayable"] * 4
    assert {row.browser for row in rows} == {None}


def test_portions_cost_the_same_queries(study: Study, django_assert_num_queries: Any) -> None:
    complete(study)
    with django_assert_num_queries(3):
        few = len(list(read_shown_rows(study)))
    complete(study)
    with django_assert_num_queries(3):
        assert len(list(read_shown_rows(study))) == 2 * few


def test_sessions_of_an_earlier_export_are_read(study: Study, tmp_path: Path) -> None:
    complete(study)
    lifecycle.close_study(study=study)
    export_study(study, tmp_path)
    old = [column.name for column in SESSION_COLUMNS if not column.name.startswith(("clips_", "images_", "boards_imp"))]
    with (tmp_path / "old.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, old, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(read_csv(tmp_path / "sessions.csv"))
    assert "clips_heard" not in read_sessions(tmp_path / "old.csv").columns
    assert read_sessions(tmp_path / "sessions.csv")["clips_declared"].tolist() == [8]
