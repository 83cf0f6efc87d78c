"""The job machine: work is asked for in a row, begun, beaten for, brought to an end, or taken again from the dead.

A row waits, is in hand, and is over. Whoever asks for it tells Celery workers, or starts a process of its own where
there are none. Whoever begins it holds a lease (`jobs.leases`) and beats; whoever sweeps (each worker from its loop,
Celery beat if it runs, a page that shows the job) finds what nobody beats for any more, and what nobody has begun. So
it does not matter which of worker, process, broker and server is killed, or when. Every step is one UPDATE that
expects the row as it was read, so races have one winner.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.errors import GenerationError
from generation.jobs import background, leases
from generation.jobs.leases import beating, change, held, silent, take

logger = logging.getLogger(__name__)

MOST_SWEPT = 10
"""Rows that one sweep looks after; the next one goes on."""


class Work:
    """A kind of job: where its rows are, who is told of them, and what is done. Its members are `settings.JOBS`.

    `do` may take long and be done twice at once, by somebody who was given up on and lives; `keep` may not.
    """

    name: ClassVar[str]
    task: ClassVar[str]  # of Celery, with the number of a row as its only argument
    command: ClassVar[str]  # of manage.py, likewise
    queue: ClassVar[str] = "celery"
    running: ClassVar[tuple[str, ...]] = ("running",)  # states of a row in hand; the first is the one it begins with
    told: ClassVar[str] = "told_at"  # the column that says when somebody was told of a row
    epitaph: ClassVar[str] = "Perhaps memory ran out, and the system ended it."
    refusals: ClassVar[tuple[type[Exception], ...]] = (GenerationError, OSError)  # their text is for people

    def rows(self) -> QuerySet:
        """All jobs of this kind."""
        raise NotImplementedError

    def do(self, job: Any) -> dict[str, Any]:
        """What the job is about; returns columns to be stored when it is done."""
        raise NotImplementedError

    def keep(self, job: Any) -> None:
        """Put what was made in its place. The row is locked, and still this process's."""

    def discard(self, job: Any) -> None:
        """Remove what this attempt and those before it left lying about."""

    def tell(self, job: Any, *, here: bool = False) -> None:
        """Tell workers of a job, or start a process of its own: without workers, with a broker that is down, or `here`.

        A failure to do so is written into the job.
        """
        try:
            if here or not self.call_workers(job):
                background.start_command(self.command, str(job.pk), when_dead=partial(self.note_death, job.pk))
        except Exception as error:
            logger.exception("Job %s (%s) could not be started", job.pk, self.name)
            self.fail(job, f"It could not be started ({error}).")

    def call_workers(self, job: Any) -> bool:
        """Tell workers of a job; returns whether they can be told."""
        if not settings.JOBS_ON_WORKERS:
            return False
        try:
            current_app.send_task(self.task, [job.pk], retry=False)
        except Exception:  # each transport raises its own
            logger.warning("The broker takes no message; a process of its own does job %s.", job.pk, exc_info=True)
            return False
        return True

    def begin(self, pk: int, *, now: datetime | None = None) -> Any:
        """The job in this process's hand; None unless it waits."""
        job = self.rows().filter(pk=pk, state="queued").first()
        return job if job is not None and take(job, self.running[0], now=now) else None

    def perform(self, pk: int, *, do: Callable[[Any], dict[str, Any]] | None = None) -> None:
        """Do a job that waits, and write down how it ended. do: instead of this kind's own, for what it cannot import.

        What the data or the disk refuse is written into the job; anything else is, too, and raised again.
        """
        job = self.begin(pk)
        if job is None:
            return
        try:
            with beating(job):
                self.finish(job, (do or self.do)(job))
        except self.refusals as error:
            self.fail(job, one_line(error))
        except BaseException as error:
            self.fail(job, f"Stopped by an unforeseen error: {type(error).__name__}: {one_line(error)}")
            raise
        finally:
            self.discard(job)

    def finish(self, job: Any, values: dict[str, Any]) -> bool:
        """Keep what was made; nothing is, and False returned, where the job was taken from this process meanwhile."""
        with transaction.atomic():
            if not held(job).filter(state__in=self.running).select_for_update().values_list("pk"):
                return False
            self.keep(job)
            return change(job, values | {"state": "done", "error": "", "finished_at": timezone.now()})

    def fail(self, job: Any, error: str, **expected: Any) -> bool:
        """Write down why the job came to nothing, unless it is over or another process's."""
        failed = {"state": "failed", "error": error, "finished_at": timezone.now()}
        return job.state in ("queued", *self.running) and change(job, failed, **expected)

    def retry(self, job: Any, **values: Any) -> bool:
        """Have a job that failed wait again; the caller tells of it."""
        waits = {"state": "queued", "error": "", "finished_at": None, self.told: timezone.now()}
        return job.state == "failed" and change(job, waits | values)

    def sweep(self, *, now: datetime | None = None, **only: Any) -> None:
        """Look after jobs that nobody beats for, and jobs that nobody has begun half a lease after being told.

        only: those whose columns have these values.
        """
        now = now or timezone.now()
        dead = Q(state__in=self.running) & silent(now)
        unbegun = Q(state="queued", **{f"{self.told}__lt": now - leases.LEASE / 2})
        for job in self.rows().filter(dead | unbegun, **only)[:MOST_SWEPT]:
            self.rescue(job, f"{job.worker or 'Its process'} fell silent", now=now)

    def rescue(self, job: Any, why: str, *, now: datetime) -> None:
        """Tell of a job again; one that was begun too often is failed in one line.

        An idle worker takes a message at once. So what was told to workers in vain is done by a process of its own,
        unless they are busy with their like.
        """
        waited = job.state == "queued"
        expected = {"heartbeat_at": job.heartbeat_at, self.told: getattr(job, self.told)}
        if not waited and not self.may_repeat(job):
            times = f", {job.attempts} times" if job.attempts > 1 else ""
            self.fail(job, f"{why}{times}. {self.epitaph}", **expected)
            self.discard(job)
        elif change(job, {"state": "queued", "worker": "", self.told: now}, **expected):
            logger.warning("Job %s (%s) is told of again: %s", job.pk, self.name, "not begun" if waited else why)
            self.tell(job, here=waited and not self.is_busy(now))

    def may_repeat(self, job: Any) -> bool:
        """Whether a job whose process is dead is begun once more."""
        return job.attempts < leases.MOST_ATTEMPTS

    def is_busy(self, now: datetime) -> bool:
        """Whether somebody is at a job of this queue."""
        alike = [work for work in all_works() if work.queue == self.queue]
        fresh = {"heartbeat_at__gte": now - leases.LEASE}
        return any(work.rows().filter(state__in=work.running, **fresh).exists() for work in alike)

    def note_death(self, pk: int, worker: str, status: int) -> None:
        """A process that was started for the job has ended badly: it is not waited for any longer."""
        job = self.rows().filter(pk=pk).first()
        why = f"Its process ended with status {status}"
        if job is not None and job.state == "queued":
            self.fail(job, f"{why}. Try it on the command line to see why.")
        elif job is not None and job.worker == worker and job.state in self.running:
            self.rescue(job, why, now=timezone.now())


def one_line(error: BaseException) -> str:
    """What an error says first."""
    return str(error).strip().partition("\n")[0]


def find_work(name: str) -> Work:
    """The kind of job of this name, loaded from `settings.JOBS`."""
    if name not in settings.JOBS:
        raise GenerationError(f"There is no kind of job {name!r}; there are {', '.join(settings.JOBS)}.")
    module, _, attribute = settings.JOBS[name].partition(":")
    return getattr(import_module(module), attribute)


def all_works() -> list[Work]:
    """Every kind of job."""
    return [find_work(name) for name in settings.JOBS]


def sweep_all() -> None:
    """Look after every job of this site."""
    for work in all_works():
        work.sweep()
