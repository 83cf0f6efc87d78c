"""Background work of this app; a worker imports torch when the first task runs, the web process never does."""

from celery import shared_task

from generation.jobs import find_work, sweep_all


# A worker that dies gives its message back; which step is next stands in rows, so any worker may take it, even twice.
@shared_task(acks_late=True, reject_on_worker_lost=True)
def continue_generation(job_id: int) -> str:
    """Do the next step of a job that is spread over workers: plan it, paint a chunk, or finish the set."""
    from generation.run import continue_job  # noqa: PLC0415 -- slow import

    return continue_job(job_id)


@shared_task
def run_levelling(job_id: int) -> None:
    """Level a dataset's clips; how it went is written into the job's row."""
    find_work("levelling").perform(job_id)


@shared_task
def sweep_jobs() -> None:
    """Look after jobs whose worker or message was lost; Celery beat asks for it, if it runs."""
    sweep_all()
