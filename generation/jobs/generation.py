"""The kind of job that fills a stimulus set, by one process or spread over workers.

One process is begun, beaten for and retried as any job is. Workers hold leases on chunks instead (`steps`); here it is
only seen to that they are called again, and not waited for in vain.
"""

from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from generation.errors import BrokerError
from generation.jobs import leases
from generation.jobs.filling import fail_job
from generation.jobs.leases import change, is_fresh
from generation.jobs.work import MOST_SWEPT, Work
from generation.jobs.workers import QUEUE, TASK, tell_workers, useful_messages, wake_workers
from generation.models import GenerationChunk, GenerationJob

KEPT = "What was made is kept; retry makes the rest."


class Generation(Work):
    """Rows of `GenerationJob`. What was asked of workers is left to workers: it may need a GPU."""

    name = "generation"
    task = TASK
    command = "run_generation_job"
    queue = QUEUE
    running = ("planning", "running", "finishing")
    told = "looked_at"
    epitaph = f"{Work.epitaph} {KEPT}"

    def rows(self) -> QuerySet:
        return GenerationJob.objects.select_related("set")

    def begin(self, pk: int, *, now: datetime | None = None) -> Any:
        """One process does no job that workers were asked for."""
        return super().begin(pk, now=now) if self.rows().filter(pk=pk, on_workers=False) else None

    def call_workers(self, job: GenerationJob) -> bool:
        if job.on_workers:
            tell_workers(job.pk, times=useful_messages(job))
        return job.on_workers

    def fail(self, job: GenerationJob, error: str, **expected: Any) -> bool:
        return fail_job(job, error, **expected)

    def may_repeat(self, job: GenerationJob) -> bool:
        """Not what somebody began on the command line, and would wonder to see go on by itself."""
        return bool(job.asked) and super().may_repeat(job)

    def is_busy(self, now: datetime) -> bool:
        painted = GenerationChunk.objects.filter(state=GenerationChunk.State.RUNNING)
        return super().is_busy(now) or painted.filter(heartbeat_at__gte=now - leases.LEASE).exists()

    def sweep(self, *, now: datetime | None = None, **only: Any) -> None:
        now = now or timezone.now()
        super().sweep(now=now, on_workers=False, **only)
        for job in self.rows().filter(on_workers=True, state__in=GenerationJob.ACTIVE, **only)[:MOST_SWEPT]:
            if wants_workers(job):
                self._call_again(job, now)

    def _call_again(self, job: GenerationJob, now: datetime) -> None:
        """Call workers to a job at which nobody is. One that they had begun ends when they have been called in vain;
        one that they have not waits for the first that is started."""
        in_vain = job.looked_at is not None and job.looked_at > last_heard(job) + leases.LEASE
        if job.state != GenerationJob.State.QUEUED and in_vain and not self.is_busy(now):
            self.fail(job, f"No worker has been heard of, though they were called again. {KEPT}")
        elif change(job, {"looked_at": now}, looked_at=job.looked_at):
            try:
                wake_workers(job)
            except BrokerError as error:
                self.fail(job, f"No worker has been heard of. {error} {KEPT}")


WORK = Generation()


def last_heard(job: GenerationJob) -> datetime:
    """When anybody at a job was last heard of; when it was asked for, if nobody was."""
    painted = job.chunks.aggregate(at=Max("heartbeat_at"))["at"]
    stored = job.workers.aggregate(at=Max("seen_at"))["at"]
    return max(moment for moment in (job.created_at, job.heartbeat_at, painted, stored) if moment)


def is_silent(job: GenerationJob) -> bool:
    """Whether nobody has been heard of at an active job for longer than a lease."""
    return job.is_active and not is_fresh(last_heard(job))


def wants_workers(job: GenerationJob) -> bool:
    """Whether workers are to be called to it: it is silent, and for a lease nobody has been told of it."""
    return job.on_workers and not is_fresh(job.looked_at) and is_silent(job)
