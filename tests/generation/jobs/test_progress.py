"""How far a generation is, read from its rows: images, who is at work, how fast, and what is left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.jobs.leases import LEASE, worker_name
from generation.jobs.progress import describe_time, read_job_progress
from generation.models import Dataset, GenerationChunk, GenerationJob, StimulusSet


def make_job(**values):
    dataset = Dataset.objects.create(name="d", root="d", manifest_sha256="0")
    stimulus_set = StimulusSet.objects.create(name="s", dataset=dataset)
    return GenerationJob.objects.create(set=stimulus_set, **{"total": 12, "state": "running"} | values)


def test_time_that_is_left_is_said_as_people_say_it():
    said = [describe_time(timedelta(seconds=seconds)) for seconds in (0.2, 89, 91, 3600, 7200)]
    assert said == ["about 1 s", "about 89 s", "about 2 min", "about 60 min", "about 2 h"]


@pytest.mark.django_db
def test_rates_are_of_those_at_work_and_the_rest_is_not_guessed():
    job = make_job(on_workers=True, done=5, failed=1)
    now = timezone.now()
    for number, (worker, heard) in enumerate([("a:1", now), ("b:1", now), ("gone:1", now - 2 * LEASE)]):
        GenerationChunk.objects.create(
            job=job, number=number, start=number, stop=number + 1, state="running", worker=worker, heartbeat_at=heard
        )
    chunk = GenerationChunk.objects.create(job=job, number=9, start=9, stop=10, error="a:1: out of memory")
    job.workers.create(name="a:1", images=4, seconds=8.0, seen_at=now)
    job.workers.create(name="gone:1", images=2, seconds=1.0, seen_at=now - 2 * LEASE)
    progress = read_job_progress(job)
    assert [(worker.name, worker.images, worker.per_minute, worker.at_work) for worker in progress.workers] == [
        ("a:1", 4, 30, True),
        ("b:1", 0, None, True),
        ("gone:1", 2, 120, False),
    ]
    assert (progress.percent, progress.per_minute, progress.left_words) == (41, 30, "about 12 s")
    assert (progress.problems, progress.silent) == ([chunk.error], False)


@pytest.mark.django_db
def test_one_process_is_at_work_as_long_as_it_is_heard_of():
    job = make_job(worker=worker_name(), heartbeat_at=timezone.now())
    assert read_job_progress(job).left_words == "not known before the first batch is painted"
    job.heartbeat_at -= 2 * LEASE
    job.created_at -= 2 * LEASE
    progress = read_job_progress(job)
    assert (progress.left_words, progress.silent) == ("unknown: nobody is painting", True)
