"""How far a generation is, who works at it and how fast: read from rows. What is not known yet is said, not guessed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from generation.jobs.generation import is_silent
from generation.jobs.leases import is_fresh
from generation.models import GenerationChunk, GenerationJob


@dataclass(frozen=True)
class WorkerProgress:
    """What one process has made. rate: images per second of its painting and storing; None before its first batch."""

    name: str
    images: int
    rate: float | None
    at_work: bool
    seen_at: datetime | None

    @property
    def per_minute(self) -> float | None:
        """Images per minute."""
        return None if self.rate is None else 60 * self.rate


@dataclass(frozen=True)
class JobProgress:
    """A job as it stands. left: time until the last image at the rate of those at work; None while unknown."""

    done: int
    total: int
    failed: int
    workers: list[WorkerProgress]
    rate: float | None
    left: timedelta | None
    silent: bool
    problems: list[str]  # what went wrong at chunks that wait for another attempt

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def per_minute(self) -> float | None:
        """Images per minute of all who are at work."""
        return None if self.rate is None else 60 * self.rate

    @property
    def left_words(self) -> str:
        """The time that is left, or why it is not known."""
        if self.left is None:
            if not any(worker.at_work for worker in self.workers):
                return "unknown: nobody is painting"
            return "not known before the first batch is painted"
        return describe_time(self.left)


def read_job_progress(job: GenerationJob) -> JobProgress:
    """Progress of a job from its rows, at a cost that does not grow with the number of images."""
    chunks = list(job.chunks.filter(state=GenerationChunk.State.RUNNING)) if job.is_active else []
    at_work = {chunk.worker for chunk in chunks if is_fresh(chunk.heartbeat_at)}
    if job.state == GenerationJob.State.RUNNING and not job.on_workers and is_fresh(job.heartbeat_at):
        at_work.add(job.worker)
    known = {row.name: row for row in job.workers.all()}
    workers = []
    for name in sorted(at_work | set(known)):
        row = known.get(name)
        rate = row.images / row.seconds if row is not None and row.images and row.seconds > 0 else None
        images, seen_at = (row.images, row.seen_at) if row is not None else (0, None)
        workers.append(WorkerProgress(name, images, rate, name in at_work, seen_at))
    rates = [worker.rate for worker in workers if worker.at_work and worker.rate is not None]
    rate = sum(rates) if rates else None
    missing = max(job.total - job.done - job.failed, 0)
    waiting = job.chunks.filter(state=GenerationChunk.State.QUEUED).exclude(error="") if job.is_active else []
    return JobProgress(
        done=job.done,
        total=job.total,
        failed=job.failed,
        workers=workers,
        rate=rate,
        left=None if rate is None else timedelta(seconds=missing / rate),
        silent=is_silent(job),
        problems=sorted({chunk.error for chunk in waiting})[:5],
    )


def describe_time(left: timedelta) -> str:
    """A duration as a person says it."""
    seconds = round(left.total_seconds())
    if seconds < 90:
        return f"about {max(seconds, 1)} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"
