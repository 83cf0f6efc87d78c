"""A worker looks after jobs from its own loop, and leaves no connection to processes that it forks later."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections

from generation.jobs import HEARTBEAT
from studyserver import celery


class Timer:
    """A worker's timer: what it calls, and how often."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def call_repeatedly(self, seconds: float, function: Any) -> Any:
        entry = SimpleNamespace(seconds=seconds, function=function, cancel=lambda: self.entries.remove(entry))
        self.entries.append(entry)
        return entry


def test_a_worker_sweeps_from_its_loop_also_after_its_broker_was_away() -> None:
    assert celery.Sweeping in celery.app.steps["consumer"]
    consumer = SimpleNamespace(timer=Timer())
    step = celery.Sweeping(consumer)
    step.stop(consumer)  # never started
    for _ in range(2):
        step.start(consumer)
        assert [(entry.seconds, entry.function) for entry in consumer.timer.entries] == [(15.0, celery.sweep)]
        step.stop(consumer)
        assert consumer.timer.entries == []
    assert HEARTBEAT.total_seconds() == 15.0


def test_a_sweep_closes_its_connections_also_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(connections, "close_all", lambda: closed.append(True))
    monkeypatch.setattr("generation.jobs.sweep_all", lambda: None)
    celery.sweep()

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("generation.jobs.sweep_all", fail)
    with pytest.raises(ZeroDivisionError):
        celery.sweep()
    assert closed == [True, True]


def test_beat_may_ask_for_a_sweep_among_reports_and_exports() -> None:
    entry = celery.app.conf.beat_schedule["sweep"]
    assert entry["task"] == "generation.tasks.sweep_jobs"
    assert (entry["schedule"], entry["options"]) == (30.0, {"expires": 60})
    route = celery.app.amqp.router.route({}, entry["task"])
    assert route["queue"].name == "celery"
    assert celery.app.amqp.router.route({}, "generation.tasks.continue_generation")["queue"].name == "gpu"
