"""Exports, reports and other files of a study that a researcher asks for in the admin.

The web process never makes them itself (it loads no data libraries): with a broker a Celery worker does, without one a
process of its own on this machine. Each attempt has a folder of its own; its files are put in place when they are
whole.
"""

import shutil
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from generation.jobs import Work, all_works, find_work
from studyserver.studies.errors import StudyError
from studyserver.studies.exports import look_at
from studyserver.studies.models import Study, StudyJob


class StudyFiles(Work):
    """A kind of file that is made of a study; `name` is the kind of its rows, and the word for it in sentences."""

    task = "studyserver.studies.tasks.run_study_job"
    command = "run_study_job"
    refusals = (StudyError, OSError)

    def make(self, job: StudyJob, folder: Path) -> None:
        """Write the job's files into an empty folder."""
        raise NotImplementedError

    def rows(self) -> QuerySet:
        return StudyJob.objects.filter(kind=self.name).select_related("study")

    def do(self, job: StudyJob) -> dict[str, Any]:
        folder = _workplace(job, job.attempts) / folder_of(job).name
        folder.mkdir(parents=True)
        self.make(job, folder)
        _pack(folder)
        return {}

    def keep(self, job: StudyJob) -> None:
        workplace = _workplace(job, job.attempts)
        shutil.rmtree(folder_of(job), ignore_errors=True)
        for target in (folder_of(job), archive_of(job)):
            (workplace / target.name).replace(target)

    def discard(self, job: StudyJob) -> None:
        remove_workplaces(job)


def folder_of(job: StudyJob) -> Path:
    """Where the job's files lie."""
    return Path(settings.REPORTS_ROOT) / job.folder


def archive_of(job: StudyJob) -> Path:
    """Everything the job made, in one file."""
    folder = folder_of(job)
    return folder.with_name(folder.name + ".zip")


def kinds_of_files() -> list[StudyFiles]:
    """What can be made of a study."""
    return [work for work in all_works() if isinstance(work, StudyFiles)]


@transaction.atomic
def request_job(*, study: Study, kind: str, interim: bool = False, by: str = "") -> StudyJob:
    """Ask for an export or a report. Raises StudyBlind (open study without `interim`), ExportError (draft), StudyError
    while the same is already being made."""
    work = find_work(kind)
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.jobs.filter(kind=kind, state__in=[StudyJob.State.QUEUED, StudyJob.State.RUNNING]).exists():
        raise StudyError(f"The {work.name} of “{study}” is already being made.")
    interim = look_at(study, interim=interim, by=by, what=work.name)
    job = StudyJob.objects.create(study=study, kind=kind, interim=interim, by=by)
    transaction.on_commit(partial(work.tell, job))
    return job


def sweep_jobs(study: Study) -> None:
    """Look after what is being made of a study."""
    for work in kinds_of_files():
        work.sweep(study=study)


def delete_job(job: StudyJob) -> None:
    """Remove the job and its files."""
    remove_workplaces(job)
    shutil.rmtree(folder_of(job), ignore_errors=True)
    archive_of(job).unlink(missing_ok=True)
    job.delete()


def remove_workplaces(job: StudyJob) -> None:
    """Remove what attempts at the job left half-made."""
    for attempt in range(job.attempts + 1):
        shutil.rmtree(_workplace(job, attempt), ignore_errors=True)


def _workplace(job: StudyJob, attempt: int) -> Path:
    """Where one attempt works, beside where its files will lie."""
    folder = folder_of(job)
    return folder.with_name(f".{folder.name}.{attempt}")


def _pack(folder: Path) -> None:
    with zipfile.ZipFile(folder.with_name(folder.name + ".zip"), "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder.parent))
