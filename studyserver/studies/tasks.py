"""Work that the admin hands over: exports, reports and plans."""

from celery import shared_task

from generation.jobs import find_work
from studyserver.studies.models import StudyJob


@shared_task
def run_study_job(job_id: int) -> None:
    """Make the export or the report of a job; how it went is written into its row."""
    for job in StudyJob.objects.filter(pk=job_id):
        find_work(job.kind).perform(job_id)


@shared_task
def run_plan(plan_id: int) -> None:
    """Work out a plan; what came of it is written into its row."""
    find_work("plan").perform(plan_id)
