"""Jobs that fill sets are swept: one process is replaced, workers are called, and nobody is waited for in vain."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from generation.jobs import background, leases
from generation.jobs.generation import KEPT, WORK, is_silent, wants_workers
from generation.models import Dataset, GenerationChunk, GenerationJob, StimulusSet

pytestmark = pytest.mark.django_db
LEASE = leases.LEASE
SECOND = timedelta(seconds=1)


@pytest.fixture
def begun(monkeypatch):
    """Commands that would have been started."""
    found = []
    monkeypatch.setattr(background, "start_command", lambda *arguments, when_dead: found.append(arguments))
    return found


@pytest.fixture
def woken(monkeypatch):
    """Jobs to which workers were called."""
    found = []
    monkeypatch.setattr("generation.jobs.generation.wake_workers", lambda job: found.append(job.pk))
    return found


def make_job(name="set-a", *, silent_for=2 * LEASE, **values):
    """A job that was last heard of so long ago."""
    dataset, _ = Dataset.objects.get_or_create(name="d", defaults={"root": "d", "manifest_sha256": "0"})
    stimulus_set = StimulusSet.objects.create(name=name, dataset=dataset)
    long_ago = timezone.now() - silent_for
    begun = values.get("state", "running") != "queued"
    given = {"state": "running", "total": 4, "asked": {"checkpoint": "run"}, "looked_at": long_ago}
    given |= {"worker": "gone:1", "heartbeat_at": long_ago, "attempts": 1} if begun else {}
    job = GenerationJob.objects.create(set=stimulus_set, **given | values)
    GenerationJob.objects.filter(pk=job.pk).update(created_at=long_ago)
    job.refresh_from_db()
    return job


def ended(job):
    job.refresh_from_db()
    return job.state, job.error


@pytest.mark.parametrize("state", ["planning", "running", "finishing"])
def test_a_process_that_fell_silent_is_replaced(begun, state):
    job = make_job(state=state)
    WORK.sweep()
    assert (ended(job), job.worker) == (("queued", ""), "")
    assert begun == [("run_generation_job", str(job.pk))]
    taken = WORK.begin(job.pk)
    assert (taken.state, taken.attempts, taken.worker) == ("planning", 2, leases.worker_name())
    WORK.sweep()
    assert ended(job)[0] == "planning"


def test_a_process_that_never_began_is_started_again(begun):
    job = make_job(state="queued")
    WORK.sweep(pk=job.pk + 1)
    assert begun == []
    WORK.sweep(pk=job.pk)
    WORK.sweep(pk=job.pk)
    assert (begun, ended(job)[0]) == ([("run_generation_job", str(job.pk))], "queued")


def test_a_process_that_always_dies_is_given_up(begun):
    job = make_job(attempts=leases.MOST_ATTEMPTS)
    WORK.sweep()
    line = f"gone:1 fell silent, 3 times. Perhaps memory ran out, and the system ended it. {KEPT}"
    assert (ended(job), begun) == (("failed", line), [])
    job.set.refresh_from_db()
    assert job.set.status == "failed"


def test_what_was_begun_on_the_command_line_does_not_go_on_behind_ones_back(begun):
    job = make_job(asked={}, attempts=0)
    WORK.sweep()
    line = f"gone:1 fell silent. Perhaps memory ran out, and the system ended it. {KEPT}"
    assert (ended(job), begun) == (("failed", line), [])


def test_one_process_leaves_the_jobs_of_workers_alone(begun):
    job = make_job(state="queued", on_workers=True)
    assert WORK.begin(job.pk) is None
    WORK.perform(job.pk)
    assert ended(job)[0] == "queued"


def test_workers_are_called_once_in_a_lease_and_not_waited_for_in_vain(woken):
    job = make_job(on_workers=True)
    assert is_silent(job)
    assert wants_workers(job)
    WORK.sweep()
    WORK.sweep()
    job.refresh_from_db()
    assert (woken, is_silent(job), wants_workers(job)) == ([job.pk], True, False)
    # A lease later nobody has come.
    now = timezone.now()
    GenerationJob.objects.update(
        created_at=now - 4 * LEASE, heartbeat_at=now - 3 * LEASE, looked_at=now - LEASE - SECOND
    )
    WORK.sweep()
    assert ended(job) == ("failed", f"No worker has been heard of, though they were called again. {KEPT}")
    assert woken == [job.pk]


def test_what_was_planned_long_after_it_was_asked_for_is_not_given_up_uncalled(woken):
    """The worker that planned it looked at it last, and was the last that was heard of."""
    job = make_job(on_workers=True, worker="")
    GenerationJob.objects.update(created_at=timezone.now() - 9 * LEASE)
    WORK.sweep()
    assert (ended(job), woken) == (("running", ""), [job.pk])


def test_workers_that_are_busy_with_another_set_are_waited_for(woken):
    job = make_job(on_workers=True, heartbeat_at=timezone.now() - 4 * LEASE)
    other = make_job("other", on_workers=True)
    GenerationChunk.objects.create(
        job=other, number=0, start=0, stop=4, state="running", worker="busy:1", heartbeat_at=timezone.now()
    )
    for _ in range(3):
        GenerationJob.objects.filter(pk=job.pk).update(looked_at=timezone.now() - LEASE - SECOND)
        WORK.sweep()
    assert (ended(job), woken) == (("running", ""), [job.pk] * 3)


def test_what_no_worker_has_begun_waits_for_the_first_that_is_started(woken):
    job = make_job(state="queued", on_workers=True)
    for _ in range(5):
        GenerationJob.objects.update(looked_at=timezone.now() - LEASE - SECOND)
        WORK.sweep()
    assert (ended(job), woken) == (("queued", ""), [job.pk] * 5)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_with_a_dead_broker_the_job_ends_in_one_line(settings, state):
    settings.JOBS_ON_WORKERS = True
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
    app = current_app._get_current_object()
    job = make_job(state=state, on_workers=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("broker_url", "broker_write_url"):
            patch.setitem(app.conf, name, settings.REDIS_URL)
        WORK.sweep()
    state, line = ended(job)
    assert (state, line.count("\n")) == ("failed", 0)
    assert line.startswith("No worker has been heard of. Redis does not answer at 127.0.0.1:1 (")
    assert line.endswith(KEPT)
    assert "secret" not in line


def test_a_job_that_is_heard_of_is_left_alone(begun, woken):
    heard = timezone.now() - LEASE / 2
    jobs = [make_job("one", heartbeat_at=heard), make_job("many", on_workers=True, heartbeat_at=heard)]
    painting = make_job("painting", on_workers=True)
    painting.workers.create(name="gpu:1", images=1, seconds=1.0, seen_at=heard)
    WORK.sweep()
    assert [ended(job)[0] for job in [*jobs, painting]] == ["running"] * 3
    assert (begun, woken) == ([], [])


def test_who_was_given_up_on_fails_nothing(begun):
    slow = make_job()
    WORK.sweep()
    WORK.begin(slow.pk)
    assert not WORK.fail(slow, "I was slow.")
    assert ended(slow) == ("planning", "")
