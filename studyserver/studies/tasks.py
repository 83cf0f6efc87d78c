"""Work that the admin hands over: exports, reports and plans."""

from pathlib import Path

from celery import shared_task

from studyserver.studies.exports.export import export_study
from studyserver.studies.jobs.files import perform_job
from studyserver.studies.jobs.plans import perform_plan
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
    from studyserver.studies.exports.report import build_report

    build_report(job.study, folder, interim=job.interim)


@shared_task
def run_plan(plan_id: int) -> None:
    """Work out a plan; what came of it is written into its row."""
    from studyserver.studies.jobs.planning import compute_plan

    perform_plan(Plan.objects.get(pk=plan_id), compute=compute_plan)
