"""A set's job is taken over from the dead, kept from the living, and failed by nobody but its own process."""

import pytest
from django.utils import timezone

from generation.errors import GenerationCancelled, StimulusSetError
from generation.jobs import filling
from generation.jobs.leases import LEASE, worker_name
from generation.models import Dataset, GenerationJob, StimulusSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def stimulus_set(data_folder):
    dataset = Dataset.objects.create(name="d", root="d", manifest_sha256="0")
    return StimulusSet.objects.create(name="s", dataset=dataset)


@pytest.mark.parametrize("on_workers", [True, False])
def test_a_job_is_taken_over_from_the_dead_alone(stimulus_set, on_workers):
    now = timezone.now()
    there = GenerationJob.objects.create(
        set=stimulus_set, state="planning", worker="gpu:1", heartbeat_at=now, on_workers=on_workers, total=3
    )
    who = r"workers \(gpu:1\)" if on_workers else r"another process \(gpu:1\)"
    with pytest.raises(StimulusSetError, match=f"The set s is being made by {who}"):
        filling.start_job(stimulus_set, 4)
    GenerationJob.objects.update(heartbeat_at=now - 2 * LEASE)
    job = filling.start_job(stimulus_set, 4)
    assert (job.pk, job.worker, job.state, job.on_workers, job.total) == (there.pk, worker_name(), "running", False, 4)
    assert not filling.fail_job(there, "I was given up on.")
    assert filling.fail_job(job, "Out of paint.")
    job.refresh_from_db()
    stimulus_set.refresh_from_db()
    assert (job.state, job.error, stimulus_set.status) == ("failed", "Out of paint.", "failed")
    assert not filling.fail_job(job, "Twice.")
    assert filling.start_job(stimulus_set, 4).pk != job.pk


def test_an_error_is_kept_and_goes_on_but_a_cancellation_is_none(stimulus_set):
    job = filling.start_job(stimulus_set, 4)
    with pytest.raises(GenerationCancelled), filling.recording_failure(job):
        raise filling.cancelled(job)
    assert GenerationJob.objects.get().state == "running"
    with pytest.raises(ZeroDivisionError), filling.recording_failure(job):
        raise ZeroDivisionError("oh")
    assert GenerationJob.objects.get().error == "oh"
    with pytest.raises(GenerationCancelled, match="was failed when 0 of 4 images were there; they are kept"):
        filling.add_images(job, [])


def test_a_set_is_not_ready_while_images_are_missing(stimulus_set):
    job = filling.start_job(stimulus_set, 4)
    with pytest.raises(StimulusSetError, match="4 images of the set s had been deleted when it was done"):
        filling.finish_set(job)
    assert GenerationJob.objects.get().state == "running"
