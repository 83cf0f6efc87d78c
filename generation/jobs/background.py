"""Management commands in processes of their own that outlive the page that asked for them. The web process starts them
where there is no broker."""

import subprocess
import sys
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from generation.jobs.leases import worker_name

WhenDead = Callable[[str, int], None]


def start_command(*arguments: str, when_dead: WhenDead) -> None:
    """Run `manage.py` with arguments; `when_dead` is told the name and the exit status of one that ended badly."""
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=watch, args=(process, when_dead), daemon=True).start()


def watch(process: "subprocess.Popen[bytes]", when_dead: WhenDead) -> None:
    """Wait for a process, and tell of a bad end."""
    status = process.wait()
    if status:
        try:
            when_dead(worker_name(process.pid), status)
        finally:
            connection.close()
