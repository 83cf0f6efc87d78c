"""Holds on rows: taken by one, renewed from a thread, and over with the next attempt or another worker."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from generation.jobs import leases
from generation.jobs.leases import LEASE, beating, change, held, silent, take
from studyserver.studies.models import Plan

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


def ask(**values):
    return Plan.objects.create(inputs={}, inputs_hash="0" * 64, **values)


def test_the_lease_is_a_minute_and_four_beats_long(settings):
    assert settings.JOB_LEASE_S == 60
    assert (timedelta(seconds=60), timedelta(seconds=15)) == (leases.LEASE, leases.HEARTBEAT)


def test_names_tell_machine_and_process(monkeypatch):
    monkeypatch.setattr(leases.socket, "gethostname", lambda: "gpu-1")
    assert leases.worker_name(7) == "gpu-1:7"
    assert leases.worker_name() == f"gpu-1:{leases.os.getpid()}"
    assert [leases.is_on_this_machine(name) for name in ("gpu-1:9", "gpu-11:9", "gpu-2:9", "")] == [True, *[False] * 3]


def test_two_who_read_the_same_row_do_not_both_take_it():
    job = ask()
    now = timezone.now()
    first, second = Plan.objects.get(), Plan.objects.get()
    assert take(first, "running", now=now)
    assert not take(second, "running", now=now)
    assert (second.state, Plan.objects.get(pk=job.pk).attempts) == ("queued", 1)


def test_a_hold_is_renewed_from_a_thread_as_long_as_the_block_runs(monkeypatch):
    beaten = threading.Event()

    class Rows:
        def all(self):
            return self

        def update(self, *, heartbeat_at):
            beaten.set()

    monkeypatch.setattr(leases, "HEARTBEAT", MOMENT)
    monkeypatch.setattr(leases, "held", lambda row: Rows())
    with beating(ask()):
        assert beaten.wait(timeout=60)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_hold_ends_with_the_next_attempt_or_another_worker():
    job = ask()
    assert take(job, "running")
    assert held(job).get() == job
    Plan.objects.update(attempts=2)
    assert not held(job).exists()
    Plan.objects.update(attempts=1, worker="elsewhere:1")
    assert not held(job).exists()


def test_a_row_changes_only_as_it_was_read():
    job = ask(heartbeat_at=None)
    stale = Plan.objects.get()
    assert change(job, {"error": "One."}, heartbeat_at=None)
    assert (job.error, stale.error, change(stale, {"error": "Two."}, error="")) == ("One.", "", False)
    Plan.objects.update(state="done")
    assert not change(job, {"error": "Three."})
    assert Plan.objects.get().error == "One."


def test_silence_begins_when_the_lease_ends():
    now = timezone.now()
    job = ask(heartbeat_at=now - LEASE)
    assert not Plan.objects.filter(silent(now))
    assert Plan.objects.get(silent(now + MOMENT)) == job
    Plan.objects.update(heartbeat_at=None)
    assert Plan.objects.get(silent(now)) == job
    assert [leases.is_fresh(moment) for moment in (None, now, now - 2 * LEASE)] == [False, True, False]
