"""The job machine, with a clock that is passed in: who begins, beats, ends, is given up on, and who is told again."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings as site
from django.utils import timezone

from generation.errors import GenerationError
from generation.jobs import background, leases, work
from generation.jobs.leases import LEASE, MOST_ATTEMPTS, change
from studyserver.studies.models import Plan

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


class Sum(work.Work):
    """A kind of job for these tests, on the rows of plans: adds numbers up."""

    name = "sum"
    task = "tests.sum"
    command = "run_sum"

    def rows(self):
        return Plan.objects.all()

    def do(self, job):
        return {"document": {"sum": sum(job.inputs["numbers"])}}

    def keep(self, job):
        Told.kept.append(job.attempts)


WORK = Sum()


@dataclass
class Told:
    """Who was told of which job: through the broker, or as a process of this machine."""

    workers: list = field(default_factory=list)
    here: list = field(default_factory=list)
    kept = []


@pytest.fixture(autouse=True)
def told(monkeypatch, settings):
    told = Told()
    Told.kept.clear()
    settings.JOBS = {"sum": f"{__name__}:WORK"}
    settings.JOBS_ON_WORKERS = True
    app = current_app._get_current_object()
    monkeypatch.setattr(app, "send_task", lambda name, arguments, **options: told.workers.append((name, *arguments)))
    monkeypatch.setattr(background, "start_command", lambda *arguments, when_dead: told.here.append(arguments))
    return told


@pytest.fixture
def now():
    return timezone.now()


def ask(**values):
    number = Plan.objects.count()
    return Plan.objects.create(inputs={"numbers": [1, 2]}, inputs_hash=f"{number:064}", **values)


def state_of(job):
    job.refresh_from_db()
    return job.state, job.attempts


def become(monkeypatch, name):
    monkeypatch.setattr(leases.socket, "gethostname", lambda: name)


def test_a_job_is_begun_by_one_and_done_by_it(now):
    job = ask()
    begun = WORK.begin(job.pk, now=now)
    assert (begun.state, begun.attempts, begun.worker, begun.heartbeat_at) == ("running", 1, leases.worker_name(), now)
    assert WORK.begin(job.pk) is None
    assert WORK.finish(begun, {"document": {"sum": 3}})
    assert state_of(job) == ("done", 1)
    assert (job.document, job.finished_at is not None, Told.kept) == ({"sum": 3}, True, [1])
    assert WORK.begin(job.pk) is None
    assert not WORK.fail(begun, "Too late.")


def test_a_job_is_performed_once_however_often_it_is_told_of(now):
    job = ask()
    for _ in range(3):
        WORK.perform(job.pk)
    WORK.perform(999)
    assert (state_of(job), Told.kept, job.document) == (("done", 1), [1], {"sum": 3})


@pytest.mark.parametrize(
    ("error", "line", "raised"),
    [
        (GenerationError("No sum.\nReally."), "No sum.", False),
        (OSError("Full."), "Full.", False),
        (ZeroDivisionError("oh\nno"), "Stopped by an unforeseen error: ZeroDivisionError: oh", True),
    ],
)
def test_what_goes_wrong_stands_in_one_line(monkeypatch, error, line, raised):
    job = ask()

    def stumble(work, job):
        raise error

    monkeypatch.setattr(Sum, "do", stumble)
    if raised:
        with pytest.raises(type(error)):
            WORK.perform(job.pk)
    else:
        WORK.perform(job.pk)
    assert (state_of(job), job.error) == (("failed", 1), line)


def test_a_lease_is_good_for_its_time_and_not_longer(told, now):
    job = WORK.begin(ask().pk, now=now)
    WORK.sweep(now=now + LEASE)
    assert (state_of(job), told.workers) == (("running", 1), [])
    change(job, {"heartbeat_at": now + LEASE})
    WORK.sweep(now=now + 2 * LEASE)
    assert state_of(job) == ("running", 1)
    WORK.sweep(now=now + 2 * LEASE + MOMENT)
    assert (state_of(job), job.worker, told.workers, told.here) == (("queued", 1), "", [("tests.sum", job.pk)], [])


def test_who_was_given_up_on_writes_nothing(told, now, monkeypatch):
    become(monkeypatch, "slow")
    slow = WORK.begin(ask().pk, now=now)
    WORK.sweep(now=now + 2 * LEASE)
    assert not WORK.finish(slow, {"document": {"sum": 0}})
    become(monkeypatch, "quick")
    quick = WORK.begin(slow.pk, now=now + 2 * LEASE)
    assert not WORK.finish(slow, {"document": {"sum": 0}})
    assert not WORK.fail(slow, "I was slow.")
    assert WORK.finish(quick, {"document": {"sum": 3}})
    assert not WORK.finish(slow, {"document": {"sum": 0}})
    assert (state_of(slow), slow.worker, slow.document, Told.kept) == (("done", 2), quick.worker, {"sum": 3}, [2])


def test_the_same_process_that_comes_back_to_its_job_is_told_apart_by_the_attempt(now):
    slow = WORK.begin(ask().pk, now=now)
    WORK.sweep(now=now + 2 * LEASE)
    again = WORK.begin(slow.pk, now=now + 2 * LEASE)
    assert again.worker == slow.worker
    assert not WORK.finish(slow, {})
    assert WORK.finish(again, {})


def test_a_holder_that_beats_between_a_sweepers_look_and_its_write_keeps_its_job(told, now):
    job = WORK.begin(ask().pk, now=now)
    seen = Plan.objects.get()
    change(job, {"heartbeat_at": now + LEASE})
    WORK.rescue(seen, "Silence", now=now + 2 * LEASE)
    Plan.objects.update(attempts=MOST_ATTEMPTS)
    job.attempts = seen.attempts = MOST_ATTEMPTS
    WORK.rescue(seen, "Silence", now=now + 2 * LEASE)
    assert (state_of(job)[0], told.workers) == ("running", [])


def test_of_several_sweepers_one_tells(told, now):
    WORK.begin(ask().pk, now=now)
    sweepers = [Plan.objects.get() for _ in range(3)]
    for seen in sweepers:
        WORK.rescue(seen, "Silence", now=now + 2 * LEASE)
    assert len(told.workers) == 1
    sweepers = [Plan.objects.get() for _ in range(3)]
    for seen in sweepers:
        WORK.rescue(seen, "Silence", now=now + 4 * LEASE)
    assert (len(told.workers), len(told.here)) == (1, 1)


def test_a_job_that_ends_every_worker_is_given_up(told, now):
    job = ask()
    for attempt in range(MOST_ATTEMPTS):
        assert WORK.begin(job.pk, now=now + 2 * attempt * LEASE)
        WORK.sweep(now=now + 2 * (attempt + 1) * LEASE)
    assert state_of(job) == ("failed", MOST_ATTEMPTS)
    assert job.error == (
        f"{leases.worker_name()} fell silent, 3 times. Perhaps memory ran out, and the system ended it."
    )
    assert len(told.workers) == MOST_ATTEMPTS - 1


def test_what_was_told_in_vain_is_done_here_unless_workers_are_busy(told, now):
    job = ask(told_at=now)
    WORK.sweep(now=now + LEASE / 2)
    assert (told.workers, told.here) == ([], [])
    busy = WORK.begin(ask().pk, now=now)
    WORK.sweep(now=now + LEASE / 2 + MOMENT, pk=job.pk)
    assert (told.workers, told.here) == ([("tests.sum", job.pk)], [])
    WORK.finish(busy, {})
    WORK.sweep(now=now + LEASE + 2 * MOMENT, pk=job.pk)
    assert (len(told.workers), told.here) == (1, [("run_sum", str(job.pk))])
    assert state_of(job) == ("queued", 0)


def test_without_broker_or_with_a_dead_one_a_process_of_its_own_does_it(told, settings, monkeypatch):
    job = ask()
    settings.JOBS_ON_WORKERS = False
    WORK.tell(job)
    settings.JOBS_ON_WORKERS = True

    def refuse(*arguments, **options):
        raise ConnectionError("refused")

    monkeypatch.setattr(current_app._get_current_object(), "send_task", refuse)
    WORK.tell(job)
    assert (told.workers, told.here) == ([], [("run_sum", str(job.pk))] * 2)

    def fail(*arguments, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(background, "start_command", fail)
    WORK.tell(job)
    assert (state_of(job), job.error) == (("failed", 0), "It could not be started (no more processes).")


def test_a_process_that_dies_is_replaced_at_once(told, settings, now):
    settings.JOBS_ON_WORKERS = False
    job = WORK.begin(ask().pk, now=now)
    WORK.note_death(job.pk, "elsewhere:7", -9)
    assert (state_of(job), told.here) == (("running", 1), [])
    WORK.note_death(job.pk, job.worker, -9)
    assert (state_of(job), told.here) == (("queued", 1), [("run_sum", str(job.pk))])
    Plan.objects.update(attempts=MOST_ATTEMPTS - 1)
    job = WORK.begin(job.pk)
    WORK.note_death(job.pk, job.worker, -9)
    assert state_of(job) == ("failed", MOST_ATTEMPTS)
    assert job.error.startswith("Its process ended with status -9, 3 times.")
    WORK.note_death(job.pk, job.worker, -9)
    WORK.note_death(999, job.worker, -9)
    assert state_of(job) == ("failed", MOST_ATTEMPTS)


def test_a_process_that_dies_before_it_begins_is_no_reason_to_try_again(told):
    job = ask()
    WORK.note_death(job.pk, "here:7", 1)
    assert (state_of(job), told.here) == (("failed", 0), [])
    assert job.error == "Its process ended with status 1. Try it on the command line to see why."


def test_a_failed_job_that_is_asked_for_again_has_one_attempt_more(told, now):
    job = ask(state="failed", error="Oh.", attempts=MOST_ATTEMPTS)
    assert WORK.retry(job)
    assert (state_of(job), job.error, job.finished_at) == (("queued", MOST_ATTEMPTS), "", None)
    assert not WORK.retry(job)
    WORK.begin(job.pk, now=now)
    WORK.sweep(now=now + 2 * LEASE)
    assert state_of(job) == ("failed", MOST_ATTEMPTS + 1)


def test_a_sweep_is_bounded(told, now, django_assert_num_queries):
    for _ in range(work.MOST_SWEPT + 5):
        ask(state="running", heartbeat_at=now - 2 * LEASE)
    with django_assert_num_queries(1 + work.MOST_SWEPT):
        WORK.sweep(now=now)
    assert len(told.workers) == work.MOST_SWEPT
    with django_assert_num_queries(1 + 5):
        WORK.sweep(now=now)
    with django_assert_num_queries(1):
        work.sweep_all()
    assert len(told.workers) == work.MOST_SWEPT + 5


def test_rows_of_earlier_versions_are_swept_too(told, now):
    """They were running, and nobody beats for them."""
    job = ask(state="running")
    WORK.sweep(now=now)
    assert state_of(job) == ("queued", 0)
    WORK.perform(job.pk)
    assert state_of(job) == ("done", 1)


def test_a_kind_that_does_not_exist_is_named():
    assert work.find_work("sum") is WORK
    with pytest.raises(GenerationError, match="^There is no kind of job 'poem'; there are sum.$"):
        work.find_work("poem")


# Threads with connections and names of their own, all after the same rows; they sweep, begin, die and come back.
RACE = """
import json, random, threading
from datetime import timedelta
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from generation.jobs import background, leases, work
from studyserver.studies.models import Plan
call_command("migrate", verbosity=0)
leases.worker_name = lambda: threading.current_thread().name
leases.LEASE = timedelta(seconds=0)  # whoever is looked at counts as dead
leases.MOST_ATTEMPTS = 1_000
background.start_command = lambda *arguments, when_dead: None
kept, finished, lock = [], [], threading.Lock()
class Race(work.Work):
    name, task, command = "race", "", "run_race"
    def rows(self):
        return Plan.objects.all()
    def keep(self, job):
        with lock:
            kept.append((job.pk, job.attempts))
WORK = Race()
work.all_works = lambda: [WORK]
plans = [Plan.objects.create(inputs={}, inputs_hash=str(n)) for n in range(12)]
begin = threading.Barrier(4)
def run():
    draw, left = random.Random(threading.current_thread().name), []
    begin.wait()
    while Plan.objects.exclude(state="done").exists():
        job = WORK.begin(draw.choice(plans).pk)
        if job is not None:
            left.append(job)
        if draw.random() < 0.1:
            WORK.sweep(pk=draw.choice(plans).pk)
        if left and draw.random() < 0.3:
            job = left.pop(draw.randrange(len(left)))
            if WORK.finish(job, {"page": f"{job.worker} {job.attempts}"}):
                with lock:
                    finished.append((job.pk, job.attempts, f"{job.worker} {job.attempts}"))
    for job in left:
        assert not WORK.finish(job, {"page": "late"})
    connection.close()
threads = [threading.Thread(target=run, name=f"worker-{n}") for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([kept, finished, list(Plan.objects.order_by("pk").values_list("pk", "attempts", "page"))]))
"""


def test_of_all_who_reach_for_a_job_one_ends_it(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"PARAGONE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
    done = subprocess.run(
        [sys.executable, "-c", RACE],
        cwd=site.BASE_DIR,
        env=environment | {"SECRET_KEY": "only-for-tests"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept, finished, rows = json.loads(done.stdout)
    assert sorted(finished) == rows
    assert sorted(kept) == [row[:2] for row in rows]
    assert len(rows) == 12
