"""What workers are told: the number of a job, through the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings as site
from django.utils import timezone
from kombu.exceptions import ChannelError

from generation.errors import BrokerError
from generation.jobs import leases
from generation.models import GenerationChunk, GenerationJob

TASK = "generation.tasks.continue_generation"

QUEUE = "gpu"

MOST_MESSAGES = 64
"""Messages that go round for one job: as many workers can be at it at once."""


def useful_messages(job: GenerationJob) -> int:
    """As many as there are chunks to be painted, at least one."""
    unpainted = job.chunks.exclude(state=GenerationChunk.State.DONE).count()
    return max(1, min(unpainted, MOST_MESSAGES))


def tell_workers(job_id: int, *, times: int = 1, after: timedelta = timedelta(0)) -> None:
    """Tell so many workers to go on with a job; kombu's OperationalError when Redis does not answer."""
    for _ in range(times):
        current_app.send_task(TASK, [job_id], countdown=after.total_seconds() or None, retry=False)


def look_again(job: GenerationJob, *, anew: bool = False) -> None:
    """Have some worker look at the job later; one such message is enough, so further ones are not sent, but anew."""
    now, after = timezone.now(), leases.LEASE / 4
    free = GenerationJob.objects.filter(pk=job.pk).exclude(looked_at__gt=now - after / 2)
    if free.update(looked_at=now) or anew:
        tell_workers(job.pk, after=after)


def wake_workers(job: GenerationJob) -> None:
    """Call workers to a job at which nobody is; messages that lie unread already are not multiplied. BrokerError."""
    GenerationJob.objects.filter(pk=job.pk).update(looked_at=timezone.now())
    try:
        with _connected() as connection:
            unread = connection.default_channel.queue_declare(queue=QUEUE, passive=True).message_count
    except ChannelError:  # Redis has no empty queues
        unread = 0
    if not unread:
        tell_workers(job.pk, times=useful_messages(job))


def check_broker() -> None:
    """BrokerError when REDIS_URL is not set or nothing answers there."""
    if not site.JOBS_ON_WORKERS:
        raise BrokerError(
            "Workers are told of work through Redis, and REDIS_URL is not set: set it as docs/operator.md says, "
            "or make the images here, without --distribute."
        )
    try:
        with _connected():
            pass
    except BrokerError as error:
        raise BrokerError(
            f"{str(error)[:-1]}; nothing was queued. Start it, or make the images here, without --distribute."
        ) from error


@contextmanager
def _connected() -> Iterator[Any]:
    """A connection to the broker; BrokerError when nothing answers within some seconds."""
    with current_app.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
        except Exception as error:  # each transport raises its own
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise BrokerError(f"Redis does not answer at {_address(site.REDIS_URL)} ({reason}).") from error
        yield connection


def count_listeners() -> int:
    """Workers that take up this work; asks them and waits a second for their answers."""
    queues = current_app.control.inspect(timeout=1.0).active_queues() or {}
    return sum(any(queue["name"] == QUEUE for queue in listened) for listened in queues.values())


def _address(url: str) -> str:
    """A broker's address without name and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.hostname else parts.path
