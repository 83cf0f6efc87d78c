"""The Celery application; workers start with `celery -A studyserver worker`."""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")

app = Celery("studyserver")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Sweeping(bootsteps.StartStopStep):
    """Looks after jobs from a worker's own loop, be it busy, idle, or connected anew: Celery beat is not needed."""

    requires = {"celery.worker.consumer.tasks:Tasks"}

    def start(self, parent: Any) -> None:
        from generation.jobs import HEARTBEAT  # noqa: PLC0415 -- apps are loaded by now

        self.timer = parent.timer.call_repeatedly(HEARTBEAT.total_seconds(), sweep)

    def stop(self, parent: Any) -> None:
        if hasattr(self, "timer"):
            self.timer.cancel()


def sweep() -> None:
    """Sweep, and leave no connection to processes that are forked later."""
    from django.db import connections  # noqa: PLC0415 -- apps are loaded by now

    from generation.jobs import sweep_all  # noqa: PLC0415 -- apps are loaded by now

    try:
        sweep_all()
    finally:
        connections.close_all()


app.steps["consumer"].add(Sweeping)
