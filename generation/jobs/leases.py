"""Who is alive at which work: heartbeats in rows, so that processes on several machines know of each other.

A process that makes something says so in a row and renews it from a thread. Whoever has not been heard of for LEASE
counts as dead and others take its work. Should it live after all, nothing is lost and nothing overwritten: worker and
attempt together name a hold, and whoever writes asks whether its hold is still in force.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.models import Leased

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.JOB_LEASE_S)
HEARTBEAT = LEASE / 4
MOST_ATTEMPTS = 3
"""So often work is begun that nobody brings to an end."""


def worker_name(process: int | None = None) -> str:
    """This process, or another one of this machine: machine and process number."""
    return f"{socket.gethostname()[:100]}:{process or os.getpid()}"


def is_on_this_machine(worker: str) -> bool:
    """Whether a process of this name runs, or ran, here."""
    return worker.rpartition(":")[0] == worker_name().rpartition(":")[0]


def is_fresh(heartbeat: datetime | None) -> bool:
    """Whether that was heard within LEASE."""
    return heartbeat is not None and heartbeat > timezone.now() - LEASE


def silent(now: datetime) -> Q:
    """Rows whose holder has not been heard of for LEASE."""
    return Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - LEASE)


def take(row: Any, state: str, *, now: datetime | None = None, **values: Any) -> bool:
    """Make the row this process's, in one UPDATE: of all who reach for it as it stood, one gets it."""
    values |= {"state": state, "worker": worker_name(), "heartbeat_at": now or timezone.now()}
    return change(row, values | {"attempts": row.attempts + 1}, heartbeat_at=row.heartbeat_at)


def change(row: Any, values: dict[str, Any], **expected: Any) -> bool:
    """Write values into a row that is held and in the state that `row` tells of, and into `row`; whether it was so."""
    changed = bool(held(row).filter(state=row.state, **expected).update(**values))
    if changed:
        for name, value in values.items():
            setattr(row, name, value)
    return changed


def held(row: Any) -> QuerySet:
    """The row, as long as nobody else has taken it."""
    return type(row)._default_manager.filter(pk=row.pk, worker=row.worker, attempts=row.attempts)


@contextmanager
def beating(row: Leased) -> Iterator[None]:
    """Renew the hold on a row from a thread as long as the block runs."""
    over, rows = threading.Event(), held(row)

    def beat() -> None:
        try:
            while not over.wait(HEARTBEAT.total_seconds()):
                try:
                    rows.all().update(heartbeat_at=timezone.now())
                except DatabaseError:
                    logger.warning("A heartbeat could not be written; the next one may.", exc_info=True)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
