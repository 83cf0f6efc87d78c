"""Exports and reports that the admin asks for: made elsewhere, with a state that tells the truth."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.errors import GenerationError
from studyserver.studies import tasks
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.errors import ExportError, StudyBlind, StudyError
from studyserver.studies.jobs import files
from studyserver.studies.jobs.export import Export
from studyserver.studies.models import Study, StudyJob
from tests.studies import factories
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db
EXPORTED = {"responses.csv", "sessions.csv", "study.json", "data-dictionary.csv", "sessions-dictionary.csv"}
EXPORTED |= {f"{name}{end}.csv" for name in ("clips", "events", "shown") for end in ("", "-dictionary")}
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
    monkeypatch.setattr(files.StudyFiles, "tell", lambda work, job, **options: found.append(job))
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
    StudyJob.objects.filter(pk=first.pk).update(state="failed")
    assert files.request_job(study=closed, kind="report").pk != first.pk


def test_an_open_study_needs_a_logged_interim_look(study: Study, started: list[StudyJob]) -> None:
    with pytest.raises(StudyBlind):
        files.request_job(study=study, kind="report")
    assert study.jobs.count() == 0
    assert files.request_job(study=study, kind="report", interim=True, by="ada").interim
    assert [(entry.action, entry.detail, entry.by) for entry in study.log.all()] == [("looked early", "report", "ada")]


def test_a_draft_has_nothing_to_export(db: None, started: list[StudyJob]) -> None:
    study = factories.make_study(status=Study.Status.DRAFT)
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
    def refuse(work: Any, job: StudyJob, folder: Path) -> None:
        (folder / "half").touch()
        raise ExportError("The disk is full.")

    job = make_job(closed)
    with monkeypatch.context() as patch:
        patch.setattr(Export, "make", refuse)
        with pytest.raises(CommandError, match="The disk is full"):
            call_command("run_study_job", str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The disk is full.")
    assert not list(files.folder_of(job).parent.iterdir())
    tasks.run_study_job(job.pk)  # a message that comes late
    job.refresh_from_db()
    assert job.state == "failed"
    call_command("run_study_job", str(job.pk), verbosity=0)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


def test_an_unforeseen_error_is_kept_and_raised(closed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(work: Any, job: StudyJob, folder: Path) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Export, "make", stumble)
    job = make_job(closed)
    with pytest.raises(ZeroDivisionError):
        tasks.run_study_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Stopped by an unforeseen error: ZeroDivisionError: oh")


def test_who_was_given_up_on_overwrites_nothing(closed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow one begins, is given up on, and comes to its end after the one that took its job."""
    job = make_job(closed)
    export = Export.make

    def fall_behind(work: Any, slow: StudyJob, folder: Path) -> None:
        monkeypatch.setattr(Export, "make", export)
        (folder / "responses.csv").write_text("stale")
        StudyJob.objects.update(state="queued", worker="")
        tasks.run_study_job(job.pk)

    monkeypatch.setattr(Export, "make", fall_behind)
    tasks.run_study_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)
    folder = files.folder_of(job)
    assert {path.name for path in folder.iterdir()} == EXPORTED
    assert "stale" not in (folder / "responses.csv").read_text()
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name, f"{folder.name}.zip"]


def test_kinds_of_files_are_those_of_the_registry(closed: Study) -> None:
    assert [work.name for work in files.kinds_of_files()] == ["export", "report"] == list(StudyJob.Kind.values)
    assert tasks.run_study_job.name == files.StudyFiles.task
    with pytest.raises(
        GenerationError, match="There is no kind of job 'poem'; there are generation, levelling, export, report"
    ):
        files.request_job(study=closed, kind="poem")
    removed = make_job(closed, "poem")  # of a kind that is no longer there
    with pytest.raises(CommandError, match="There is no kind of job 'poem'"):
        call_command("run_study_job", str(removed.pk))
    files.delete_job(removed)


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
