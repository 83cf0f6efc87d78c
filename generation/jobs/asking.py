"""Generations that are asked for: begin, cancel, retry. No torch: what needs the networks is done elsewhere.

A job is spread over Celery workers, or done by one process in the background of this machine. Workers are told "go on
with job 7" and nothing else: what is to be done next stands in rows (`steps`), so a message that is lost, late or
delivered twice does no harm.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings as site
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import ChannelError

from generation.errors import BrokerError, StimulusSetError
from generation.jobs import leases
from generation.jobs.background import start_command
from generation.jobs.leases import is_fresh
from generation.models import GenerationChunk, GenerationJob, StimulusSet
from generation.stimuli.plan import PlannedImage, plan_images
from generation.stimuli.request import (
    Asked,
    Source,
    asked_of_job,
    check_batch_size,
    check_same,
    check_set_name,
    find_dataset,
    find_trained,
)
from generation.stimuli.sets import fail_job, lock_set, making, mark_set, refuse_if_alive

logger = logging.getLogger(__name__)

TASK = "generation.tasks.continue_generation"
QUEUE = "gpu"
MOST_MESSAGES = 64
"""Messages that go round for one job: as many workers can be at it at once."""


FEW = 500  # images, of which a query may name the clips


def request_generation(*, set_name: str, asked: Asked, on_workers: bool, by: str = "") -> GenerationJob | None:
    """Ask for the images of a set, or for what is missing of them; None when all are there.

    Everything that can be told without the networks is checked here; the rest is, when the work begins, and stands
    in the job. BrokerError when workers cannot be told; then nothing is left behind.
    """
    check_set_name(set_name)
    check_batch_size(asked.batch_size)
    dataset = find_dataset(asked.dataset)
    checkpoint = find_trained(asked.checkpoint) if asked.source == Source.MUSIPAINTER else None
    plan = plan_images(dataset, asked.request)
    if on_workers:
        check_broker()
    with transaction.atomic():
        stimulus_set, _ = StimulusSet.objects.get_or_create(
            name=set_name, defaults={"source": asked.source, "dataset": dataset, "checkpoint": checkpoint}
        )
        lock_set(stimulus_set)
        stimulus_set.refresh_from_db()
        check_same(stimulus_set, asked, checkpoint, dataset)
        if not stimulus_set.settings:
            stimulus_set.source, stimulus_set.dataset, stimulus_set.checkpoint = asked.source, dataset, checkpoint
            stimulus_set.save(update_fields=["source", "dataset", "checkpoint"])
        if stimulus_set.status == StimulusSet.Status.READY and not find_missing(stimulus_set, plan):
            return None
        job = _open_job(stimulus_set, asked, len(plan), on_workers=on_workers, by=by)
        transaction.on_commit(partial(start_job, job))
    return job


def _open_job(stimulus_set: StimulusSet, asked: Asked, total: int, *, on_workers: bool, by: str) -> GenerationJob:
    """A new job, or the one that is under way; a dead one goes on in the way that is wanted now."""
    job = stimulus_set.jobs.filter(state__in=GenerationJob.ACTIVE).first()
    if job is None:
        job = GenerationJob(set=stimulus_set, by=by, on_workers=on_workers)
    elif job.on_workers and on_workers:
        if Asked.from_json(job.asked) != asked and not stimulus_set.settings:
            raise StimulusSetError(
                f"The set {stimulus_set.name} is being made with other settings; wait for it, or choose another name."
            )
        return job
    else:
        with making(stimulus_set.name):  # raises when a process of this machine is at it
            refuse_if_alive(job)
        job.on_workers, job.state, job.worker, job.heartbeat_at = on_workers, GenerationJob.State.QUEUED, "", None
        job.attempts = 0
        job.chunks.all().delete()
    job.asked, job.total, job.done = asked.to_json(), total, stimulus_set.stimuli.count()
    job.save()
    mark_set(stimulus_set, StimulusSet.Status.BUILDING)
    return job


def find_missing(stimulus_set: StimulusSet, plan: Sequence[PlannedImage]) -> set[tuple[int, int]]:
    """(clip, index) of planned images that the set lacks."""
    rows = stimulus_set.stimuli.all()
    if len(plan) <= FEW:
        rows = rows.filter(clip__in={image.clip.pk for image in plan})
    done = set(rows.values_list("clip_id", "index"))
    return {(image.clip.pk, image.index) for image in plan} - done


def retry_job(job: GenerationJob, *, on_workers: bool, by: str = "") -> GenerationJob | None:
    """Ask once more for what is missing of a job that failed or was cancelled; None when nothing is.

    One that should be under way but whose workers are gone is queued again: whoever lives goes on undisturbed.
    """
    asked = asked_of_job(job, job.set)
    if asked is None:
        raise StimulusSetError(f"The set {job.set.name} was made by another command; start it again with that.")
    return request_generation(set_name=job.set.name, asked=asked, on_workers=on_workers, by=by)


def cancel_job(job: GenerationJob, *, by: str = "") -> None:
    """End a job: batches that are being painted are kept, no further ones are begun."""
    with transaction.atomic():
        lock_set(job.set)
        job.refresh_from_db()
        if not job.is_active:
            raise StimulusSetError(f"The job is {job.get_state_display()} already.")
        job.state, job.finished_at = GenerationJob.State.CANCELLED, timezone.now()
        job.error = f"Cancelled by {by}." if by else "Cancelled."
        job.save(update_fields=["state", "finished_at", "error"])
        mark_set(job.set, StimulusSet.Status.STOPPED)


def is_silent(job: GenerationJob) -> bool:
    """Whether nobody has been heard of at an active job for longer than a lease."""
    heard = [job.heartbeat_at, job.created_at, job.looked_at]
    if job.on_workers:
        heard += job.chunks.filter(state=GenerationChunk.State.RUNNING).values_list("heartbeat_at", flat=True)
        heard += job.workers.values_list("seen_at", flat=True)
    return job.is_active and not any(is_fresh(moment) for moment in heard)


# Telling others


def start_job(job: GenerationJob) -> None:
    """Hand the job to workers, or to a process of its own; a failure to do so is written into the job."""
    try:
        if job.on_workers:
            tell_workers(job.pk, times=_useful_messages(job))
        else:
            start_command("run_generation_job", str(job.pk), when_dead=partial(_note_death, job.pk))
    except Exception as error:
        logger.exception("Job %s could not be started", job.pk)
        fail_job(job, f"It could not be started ({error}).")


def _useful_messages(job: GenerationJob) -> int:
    """As many as there are chunks to be painted, at least one."""
    unpainted = job.chunks.exclude(state=GenerationChunk.State.DONE).count()
    return max(1, min(unpainted, MOST_MESSAGES))


def tell_workers(job_id: int, *, times: int = 1, after: timedelta = timedelta(0), patiently: bool = False) -> None:
    """Tell so many workers to go on with a job. patiently: try for some minutes while Redis does not answer."""
    policy = {"max_retries": 60, "interval_start": 1, "interval_step": 1, "interval_max": 10} if patiently else None
    for _ in range(times):
        current_app.send_task(
            TASK, [job_id], countdown=after.total_seconds() or None, retry=patiently, retry_policy=policy
        )


def look_again(job: GenerationJob) -> None:
    """Have some worker look at the job later; one such message is enough, so further ones are not sent."""
    now, after = timezone.now(), leases.LEASE / 4
    free = GenerationJob.objects.filter(pk=job.pk).exclude(looked_at__gt=now - after / 2)
    if free.update(looked_at=now):
        tell_workers(job.pk, after=after, patiently=True)


def wake_workers(job: GenerationJob) -> None:
    """Call workers to a job at which nobody is; messages that lie unread already are not multiplied."""
    GenerationJob.objects.filter(pk=job.pk).update(looked_at=timezone.now())
    try:
        with current_app.connection_for_write() as connection:
            unread = connection.default_channel.queue_declare(queue=QUEUE, passive=True).message_count
    except ChannelError:  # Redis has no empty queues
        unread = 0
    if not unread:
        tell_workers(job.pk, times=_useful_messages(job))


def check_broker() -> None:
    """BrokerError when REDIS_URL is not set or nothing answers there."""
    if not site.JOBS_ON_WORKERS:
        raise BrokerError(
            "Workers are told of work through Redis, and REDIS_URL is not set: set it as docs/operator.md says, "
            "or make the images here, without --distribute."
        )
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except Exception as error:  # each transport raises its own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BrokerError(
            f"Redis does not answer at {_address(site.REDIS_URL)} ({reason}); nothing was queued. Start it, or make "
            "the images here, without --distribute."
        ) from error


def count_listeners() -> int:
    """Workers that take up this work; asks them and waits a second for their answers."""
    queues = current_app.control.inspect(timeout=1.0).active_queues() or {}
    return sum(any(queue["name"] == QUEUE for queue in listened) for listened in queues.values())


def _address(url: str) -> str:
    """A broker's address without name and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.hostname else parts.path


def _note_death(job_id: int, status: int) -> None:
    job = GenerationJob.objects.select_related("set").filter(pk=job_id).first()
    if job is not None and job.is_active and not job.on_workers:
        fail_job(job, f"Its process ended with status {status}. What was made is kept; retry makes the rest.")
