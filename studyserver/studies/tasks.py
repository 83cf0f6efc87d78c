"""Work that the admin hands over: exports, reports and plans."""

from pathlib import Path

from celery import shared_task

from studyserver.studies.exports import export_study
from studyserver.studies.jobs import perform_job, perform_plan
from studyserver.studies.models import Plan, StudyJob


@shared_task
def run_study_job(job_id: int) -> None:
    """Make the export or the report of a job; how it went is written into its row."""
    perform_job(StudyJob.objects.select_related("study").get(pk=job_id), make=make)


def make(job: StudyJob, folder: Path) -> None:
    """Write the job's files into `folder`."""
    if job.kind == StudyJob.Kind.EXPORT:
        export_study(job.study, folder, interim=job.interim)
        return
    from studyserver.studies.exports import build_report  # noqa: PLC0415 -- slow import

    build_report(job.study, folder, interim=job.interim)


@shared_task
def run_plan(plan_id: int) -> None:
    """Work out a plan; what came of it is written into its row."""
    from studyserver.studies.jobs import compute_plan  # noqa: PLC0415 -- slow import

    perform_plan(Plan.objects.get(pk=plan_id), compute=compute_plan)
