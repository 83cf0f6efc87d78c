"""What a worker is to do next at a job that is spread over workers: decided and claimed in rows, one at a time.

A job is planned by one worker, painted chunk by chunk by any number, and finished by one. Each claim is a lease: it is
renewed while its holder lives (`leases.beating`) and free for others when the holder has been silent too long. So it
does not matter which worker is told to go on, how often, or whether the one before it was killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from generation.errors import StimulusSetError
from generation.jobs.filling import fail_job
from generation.jobs.leases import MOST_ATTEMPTS, held, is_fresh, silent, take, worker_name
from generation.models import GenerationChunk, GenerationJob
from generation.stimuli import lock_set

FIRST_WAIT = timedelta(seconds=5)
"""Before a chunk that failed is taken up again; doubled each time."""
CHUNK_IMAGES = 32
FEWEST_CHUNKS = 16
"""Small sets are cut finer, so that several workers have something to do and little is lost with one."""

State = GenerationChunk.State


@dataclass(frozen=True)
class Step:
    """What is to be done now. "later": others are at it, look again then."""

    kind: Literal["plan", "paint", "finish", "later"]
    job: GenerationJob
    chunk: GenerationChunk | None = None


def claim_step(job_id: int) -> Step | None:
    """Take the next step of a job for this process; None when nothing is left to do."""
    job = GenerationJob.objects.select_related("set").filter(pk=job_id, on_workers=True).first()
    if job is None or not job.is_active:
        return None
    with transaction.atomic():
        try:
            lock_set(job.set)
        except StimulusSetError:  # deleted
            return None
        job.refresh_from_db()
        if not job.is_active or not job.on_workers:
            return None
        if job.state == GenerationJob.State.RUNNING:
            return _claim_chunk(job)
        if job.state != GenerationJob.State.QUEUED and is_fresh(job.heartbeat_at):
            return Step("later", job)
        finishing = job.state == GenerationJob.State.FINISHING
        if finishing and job.attempts < 2 * MOST_ATTEMPTS:
            return _hold(job, "finish", GenerationJob.State.FINISHING)
        if not finishing and job.attempts < MOST_ATTEMPTS:
            return _hold(job, "plan", GenerationJob.State.PLANNING)
    what = "drew the contact sheets" if finishing else "loaded the networks"
    fail_job(job, f"The worker {job.worker} fell silent while it {what}, {MOST_ATTEMPTS} times or more. {KILLED}")
    return None


KILLED = "Perhaps it ran out of memory and was ended by the system."


def _hold(job: GenerationJob, kind: Literal["plan", "finish"], state: GenerationJob.State) -> Step:
    """The job as a whole, for this process."""
    take(job, state, started_at=job.started_at or timezone.now())
    return Step(kind, job)


def _claim_chunk(job: GenerationJob) -> Step | None:
    now = timezone.now()
    lost = Q(state=State.RUNNING) & silent(now)
    for gone in job.chunks.filter(lost, attempts__gte=MOST_ATTEMPTS):
        _give_up(gone, f"{gone.worker} fell silent while it painted, {gone.attempts} times. {KILLED}")
    ready = Q(state=State.QUEUED) & (Q(wait_until=None) | Q(wait_until__lte=now))
    chunk = job.chunks.filter(ready | lost).order_by("number").first()
    if chunk is not None and take(chunk, State.RUNNING, wait_until=None):
        chunk.job = job
        return Step("paint", job, chunk)
    if job.chunks.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
        return Step("later", job)
    if job.chunks.filter(state=State.FAILED).exists():
        fail_job(job, describe_failures(job))
        return None
    return _hold(job, "finish", GenerationJob.State.FINISHING)


def begin_painting(job: GenerationJob, ranges: Sequence[tuple[int, int]], *, total: int) -> None:
    """Write the chunks of a job that this process has planned; nothing happens where it is no longer this one's."""
    with transaction.atomic():
        lock_set(job.set)
        if not held(job).filter(state=GenerationJob.State.PLANNING).exists():
            return
        job.chunks.all().delete()
        GenerationChunk.objects.bulk_create(
            GenerationChunk(job=job, number=number, start=start, stop=stop)
            for number, (start, stop) in enumerate(ranges)
        )
        job.state, job.total, job.done, job.failed = GenerationJob.State.RUNNING, total, job.set.stimuli.count(), 0
        job.worker, job.heartbeat_at = "", timezone.now()
        job.save()


def cut_chunks(missing: Sequence[bool], batch_size: int) -> list[tuple[int, int]]:
    """Ranges [start, stop) of a plan in which images are missing, each of some whole batches."""
    batches = -(-len(missing) // batch_size)
    size = batch_size * max(1, min(CHUNK_IMAGES // batch_size, batches // FEWEST_CHUNKS))
    ranges = [(start, min(start + size, len(missing))) for start in range(0, len(missing), size)]
    return [(start, stop) for start, stop in ranges if any(missing[start:stop])]


def is_mine(chunk: GenerationChunk) -> bool:
    """Whether this process still holds the chunk."""
    return held(chunk).filter(state=State.RUNNING).exists()


def finish_chunk(chunk: GenerationChunk) -> None:
    """All images of the chunk stand, whoever made them."""
    GenerationChunk.objects.filter(pk=chunk.pk).exclude(state=State.DONE).update(state=State.DONE, error="")


def fail_chunk(chunk: GenerationChunk, error: str, *, only_here: bool = False) -> timedelta:
    """An attempt came to nothing: the chunk waits for the next one, or is given up. Returns how long it waits.

    only_here: it is this worker that cannot work (weights are missing, say). While others can, that counts as no
    attempt, so that one broken machine does not use up the attempts of all chunks.
    """
    with transaction.atomic():
        lock_set(chunk.job.set)
        if not is_mine(chunk):
            return timedelta(0)
        running = chunk.job.chunks.filter(state=State.RUNNING).exclude(pk=chunk.pk)
        others_work = only_here and any(is_fresh(row.heartbeat_at) for row in running)
        text = f"{worker_name()}: {error}"
        if others_work:
            chunk.attempts -= 1
        elif chunk.attempts >= MOST_ATTEMPTS:
            _give_up(chunk, text)
            return timedelta(0)
        wait = FIRST_WAIT * 2 ** max(chunk.attempts - 1, 0)
        chunk.state, chunk.error, chunk.wait_until = State.QUEUED, text, timezone.now() + wait
        chunk.save(update_fields=["state", "error", "attempts", "wait_until"])
        return wait


def _give_up(chunk: GenerationChunk, error: str) -> None:
    chunk.state, chunk.error = State.FAILED, error
    chunk.save(update_fields=["state", "error"])
    job = chunk.job
    given_up = job.chunks.filter(state=State.FAILED).aggregate(images=Sum(F("stop") - F("start")))["images"]
    # Images of the chunk that were made before it failed are there, so no more can be missing than the set lacks.
    job.failed = min(given_up or 0, job.total - job.set.stimuli.count())
    job.save(update_fields=["failed"])


def describe_failures(job: GenerationJob) -> str:
    """Why images are missing, in one line: how many, and what the workers said, each thing once."""
    job.failed = max(job.total - job.set.stimuli.count(), 0)
    job.save(update_fields=["failed"])
    failed = list(job.chunks.filter(state=State.FAILED))
    reasons = list(dict.fromkeys(chunk.error for chunk in failed))
    more = f" (and {len(reasons) - 3} other errors)" if len(reasons) > 3 else ""
    return (
        f"{job.failed} of {job.total} images could not be made, in {len(failed)} of {job.chunks.count()} chunks, "
        f"after {MOST_ATTEMPTS} attempts each. {' '.join(reasons[:3])}{more} Retry makes what is missing."
    )
