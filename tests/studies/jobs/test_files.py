"""Exports and reports that the admin asks for: made elsewhere, with a state that tells the truth."""

import subprocess
import zipfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from generation.jobs import background
from studyserver.studies import tasks
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.errors import ExportError, StudyBlind, StudyError
from studyserver.studies.jobs import files
from studyserver.studies.models import Study, StudyJob
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db
EXPORTED = {"responses.csv", "sessions.csv", "study.json", "data-dictionary.csv", "sessions-dictionary.csv"}
EXPORTED |= {"manifest.json", "thumbnails-set-a.zip"}


@pytest.fixture
def closed(study: Study, settings: Any, tmp_path: Path) -> Study:
    settings.REPORTS_ROOT = tmp_path / "reports"
    complete(study)
    return close_study(study=study)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[StudyJob]:
    """Jobs that would have been started."""
    found: list[StudyJob] = []
    monkeypatch.setattr(files, "start_job", found.append)
    return found


def make_job(study: Study, kind: str = "export") -> StudyJob:
    return StudyJob.objects.create(study=study, kind=kind)


def test_a_job_starts_when_its_row_is_committed(
    closed: Study, started: list[StudyJob], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = files.request_job(study=closed, kind="export", by="ada")
        assert started == []
    assert started == [job]
    assert (job.state, job.by, job.interim) == ("queued", "ada", False)


def test_the_same_is_not_made_twice_at_once(closed: Study, started: list[StudyJob]) -> None:
    first = files.request_job(study=closed, kind="report")
    with pytest.raises(StudyError, match="is already being made"):
        files.request_job(study=closed, kind="report")
    files.request_job(study=closed, kind="export")
    StudyJob.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=1))
    assert files.request_job(study=closed, kind="report").pk != first.pk


def test_an_open_study_needs_a_logged_interim_look(study: Study, started: list[StudyJob]) -> None:
    with pytest.raises(StudyBlind):
        files.request_job(study=study, kind="report")
    assert study.jobs.count() == 0
    assert files.request_job(study=study, kind="report", interim=True, by="ada").interim
    assert [(entry.action, entry.detail, entry.by) for entry in study.log.all()] == [("looked early", "report", "ada")]


def test_a_draft_has_nothing_to_export(study: Study, started: list[StudyJob]) -> None:
    Study.objects.update(status=Study.Status.DRAFT)
    with pytest.raises(ExportError, match="never opened"):
        files.request_job(study=study, kind="export")


def test_an_export_job_leaves_its_files_and_an_archive(closed: Study) -> None:
    job = make_job(closed)
    tasks.run_study_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.finished_at is not None) == ("done", "", True)
    folder = files.folder_of(job)
    assert folder.name == f"export-{job.pk}"
    assert {path.name for path in folder.iterdir()} == EXPORTED
    with zipfile.ZipFile(files.archive_of(job)) as archive:
        assert set(archive.namelist()) == {f"export-{job.pk}/{name}" for name in EXPORTED}


def test_a_report_job_writes_the_report(closed: Study) -> None:
    job = make_job(closed, "report")
    call_command("run_study_job", str(job.pk), verbosity=0)
    assert (files.folder_of(job) / "report.html").is_file()
    assert (files.folder_of(job) / "data" / "responses.csv").is_file()


def test_a_done_job_is_not_done_again(closed: Study) -> None:
    job = make_job(closed)
    tasks.run_study_job(job.pk)
    file = files.folder_of(job) / "responses.csv"
    file.write_text("kept")
    tasks.run_study_job(job.pk)
    assert file.read_text() == "kept"


def test_what_is_refused_stands_in_the_job(closed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(job: StudyJob, folder: Path) -> None:
        raise ExportError("The disk is full.")

    monkeypatch.setattr(tasks, "make", refuse)
    job = make_job(closed)
    with pytest.raises(CommandError, match="The disk is full"):
        call_command("run_study_job", str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The disk is full.")
    monkeypatch.undo()
    tasks.run_study_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


def test_an_unforeseen_error_is_kept_and_raised(closed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(job: StudyJob, folder: Path) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(tasks, "make", stumble)
    job = make_job(closed)
    with pytest.raises(ZeroDivisionError):
        tasks.run_study_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Stopped by an unforeseen error: ZeroDivisionError: oh")


def test_workers_get_the_job_where_there_is_a_broker(
    closed: Study, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS_ON_WORKERS = True
    sent: list[Any] = []
    monkeypatch.setattr(current_app._get_current_object(), "send_task", lambda *a, **k: sent.append(a))
    job = make_job(closed)
    files.start_job(job)
    assert sent == [(files.TASK, [job.pk])]
    assert tasks.run_study_job.name == files.TASK


def test_a_broker_that_is_down_is_said(closed: Study, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise ConnectionError("refused")

    settings.JOBS_ON_WORKERS = True
    monkeypatch.setattr(current_app._get_current_object(), "send_task", fail)
    job = make_job(closed)
    files.start_job(job)
    assert (job.state, job.error) == ("failed", "It could not be started (refused). Is the broker running?")


def test_without_broker_a_process_of_its_own_does_it(
    closed: Study, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS_ON_WORKERS = False
    commands: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str], **options: Any) -> None:
            commands.append(command)
            assert options["start_new_session"]

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Process)
    job = make_job(closed)
    files.start_job(job)
    assert commands[0][-2:] == ["run_study_job", str(job.pk)]


def test_a_process_that_dies_is_noticed(closed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed:
        def wait(self) -> int:
            return -9

    monkeypatch.setattr(connection, "close", lambda: None)
    job = make_job(closed)
    background.watch(Killed(), partial(files._note_death, job.pk))  # type: ignore[arg-type]
    job.refresh_from_db()
    assert job.state == "failed"
    assert "ended with status -9" in job.error


def test_deleting_a_job_removes_its_files(closed: Study) -> None:
    job = make_job(closed)
    tasks.run_study_job(job.pk)
    folder, archive = files.folder_of(job), files.archive_of(job)
    job.refresh_from_db()
    files.delete_job(job)
    assert not folder.exists()
    assert not archive.exists()
    assert closed.jobs.count() == 0


def test_an_unknown_job_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="There is no job 7"):
        call_command("run_study_job", "7")
