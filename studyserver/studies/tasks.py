"""Work that the admin hands over: exports and reports."""

from pathlib import Path

from celery import shared_task

from studyserver.studies.exports import export_study
from studyserver.studies.jobs import perform_job
from studyserver.studies.models import StudyJob


@shared_task
def run_study_job(job_id: int) -> None:
    """Make the export or the report of a job; how it went is written into its row."""
    perform_job(StudyJob.objects.select_related("study").get(pk=job_id), make=make)


def make(job: StudyJob, folder: Path) -> None:
    """Write the job's files into `folder`."""
    if job.kind == StudyJob.Kind.EXPORT:
        export_study(job.study, folder, interim=job.interim)
        return
    from studyserver.studies.reports import build_report

    build_report(job.study, folder, interim=job.interim)
