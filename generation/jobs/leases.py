"""Who is alive at which work: heartbeats in rows, so that processes on several machines know of each other.

A process that makes something says so in a row and renews it from a thread. Whoever has not been heard of for LEASE
counts as dead and others take its work; should it live after all, nothing is lost: equal work gives equal bytes, and
the first row of an image stays.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=10)
LEASE = timedelta(seconds=60)


def worker_name() -> str:
    """This process: machine and process number."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def is_on_this_machine(worker: str) -> bool:
    """Whether a process of this name runs, or ran, here."""
    return worker.rpartition(":")[0] == worker_name().rpartition(":")[0]


def is_fresh(heartbeat: datetime | None) -> bool:
    """Whether that was heard within LEASE."""
    return heartbeat is not None and heartbeat > timezone.now() - LEASE


@contextmanager
def beating(rows: QuerySet) -> Iterator[None]:
    """Renew `heartbeat_at` of rows from a thread as long as the block runs."""
    over = threading.Event()

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
