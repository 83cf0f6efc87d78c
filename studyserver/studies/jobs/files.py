"""Exports and reports that a researcher asks for in the admin: rows with a state, work done by somebody else.

The web process never does the work itself (it loads no data libraries): with a broker a Celery worker takes it, without
one a process of its own on this machine.
"""

import logging
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation.jobs import start_command
from studyserver.studies.errors import StudyError
from studyserver.studies.exports import look_at
from studyserver.studies.models import Study, StudyJob

logger = logging.getLogger(__name__)

TASK = "studyserver.studies.tasks.run_study_job"
GIVEN_UP_AFTER = timedelta(minutes=30)
"""A job without an end for so long was lost with its worker; another may be asked for."""

Make = Callable[[StudyJob, Path], object]


def folder_of(job: StudyJob) -> Path:
    """Where the job's files lie."""
    return Path(settings.REPORTS_ROOT) / job.folder


def archive_of(job: StudyJob) -> Path:
    """Everything the job made, in one file."""
    folder = folder_of(job)
    return folder.with_name(folder.name + ".zip")


@transaction.atomic
def request_job(*, study: Study, kind: str, interim: bool = False, by: str = "") -> StudyJob:
    """Ask for an export or a report. Raises StudyBlind (open study without `interim`), ExportError (draft), StudyError
    while the same is already being made."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    busy = study.jobs.filter(kind=kind, state__in=[StudyJob.State.QUEUED, StudyJob.State.RUNNING])
    if busy.filter(created_at__gt=timezone.now() - GIVEN_UP_AFTER).exists():
        raise StudyError(f"The {StudyJob.Kind(kind).label} of “{study}” is already being made.")
    interim = look_at(study, interim=interim, by=by, what=StudyJob.Kind(kind).label)
    job = StudyJob.objects.create(study=study, kind=kind, interim=interim, by=by)
    transaction.on_commit(partial(start_job, job))
    return job


def start_job(job: StudyJob) -> None:
    """Hand the job to a worker, or to a process of its own; a failure to do so is written into the job."""
    try:
        if settings.JOBS_ON_WORKERS:
            current_app.send_task(TASK, [job.pk], retry=False)
        else:
            start_process(job)
    except Exception as error:
        logger.exception("Job %s could not be started", job.pk)
        fail_job(job, f"It could not be started ({error}). Is the broker running?")


def start_process(job: StudyJob) -> None:
    """Run the job in a process that outlives this request, and note when it dies without a word."""
    start_command("run_study_job", str(job.pk), when_dead=partial(_note_death, job.pk))


def _note_death(job_id: int, status: int) -> None:
    job = StudyJob.objects.get(pk=job_id)
    if job.finished_at is None:
        fail_job(job, f"Its process ended with status {status}. Try it on the command line to see why.")


def perform_job(job: StudyJob, *, make: Make) -> None:
    """Do the work and write down how it ended. `make` writes the files into the folder that it is given.

    A job that is done already is left alone, so a task that is delivered twice does no harm. What the data or the disk
    refuse is written into the job; anything else is, too, and raised again.
    """
    if job.state == StudyJob.State.DONE:
        return
    job.state, job.error, job.finished_at = StudyJob.State.RUNNING, "", None
    job.save(update_fields=["state", "error", "finished_at"])
    folder = folder_of(job)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(job, folder)
        _pack(folder, archive_of(job))
    except (StudyError, OSError) as error:
        fail_job(job, str(error))
        return
    except BaseException as error:
        fail_job(job, f"Stopped by an unforeseen error: {type(error).__name__}: {error}")
        raise
    job.state, job.finished_at = StudyJob.State.DONE, timezone.now()
    job.save(update_fields=["state", "finished_at"])


def fail_job(job: StudyJob, error: str) -> None:
    """Write down why the job came to nothing."""
    job.state, job.error, job.finished_at = StudyJob.State.FAILED, error, timezone.now()
    job.save(update_fields=["state", "error", "finished_at"])


def delete_job(job: StudyJob) -> None:
    """Remove the job and its files."""
    shutil.rmtree(folder_of(job), ignore_errors=True)
    archive_of(job).unlink(missing_ok=True)
    job.delete()


def _pack(folder: Path, archive: Path) -> None:
    part = archive.with_name(archive.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder.parent))
    part.replace(archive)
