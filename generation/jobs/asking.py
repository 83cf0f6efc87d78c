"""Generations that are asked for: begin, cancel, retry. No torch: what needs the networks is done elsewhere.

A job is spread over Celery workers, or done by one process in the background of this machine. Workers are told "go on
with job 7" and nothing else: what is to be done next stands in rows (`steps`), so a message that is lost, late or
delivered twice does no harm.
"""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from generation import stimuli
from generation.errors import StimulusSetError
from generation.jobs.filling import refuse_if_alive
from generation.jobs.generation import WORK
from generation.jobs.workers import check_broker
from generation.models import GenerationJob, StimulusSet
from generation.stimuli import Asked

FEW = 500  # images, of which a query may name the clips


def request_generation(*, set_name: str, asked: Asked, on_workers: bool, by: str = "") -> GenerationJob | None:
    """Ask for the images of a set, or for what is missing of them; None when all are there.

    Everything that can be told without the networks is checked here; the rest is, when the work begins, and stands
    in the job. BrokerError when workers cannot be told; then nothing is left behind.
    """
    stimuli.check_set_name(set_name)
    stimuli.check_batch_size(asked.batch_size)
    dataset = stimuli.find_dataset(asked.dataset)
    checkpoint = stimuli.find_trained(asked.checkpoint) if asked.source == stimuli.Source.MUSIPAINTER else None
    plan = stimuli.plan_images(dataset, asked.request)
    if on_workers:
        check_broker()
    with transaction.atomic():
        stimulus_set, _ = StimulusSet.objects.get_or_create(
            name=set_name, defaults={"source": asked.source, "dataset": dataset, "checkpoint": checkpoint}
        )
        stimuli.lock_set(stimulus_set)
        stimulus_set.refresh_from_db()
        stimuli.check_same(stimulus_set, asked, checkpoint, dataset)
        if not stimulus_set.settings:
            stimulus_set.source, stimulus_set.dataset, stimulus_set.checkpoint = asked.source, dataset, checkpoint
            stimulus_set.save(update_fields=["source", "dataset", "checkpoint"])
        if stimulus_set.status == StimulusSet.Status.READY and not find_missing(stimulus_set, plan):
            return None
        job = _open_job(stimulus_set, asked, len(plan), on_workers=on_workers, by=by)
        transaction.on_commit(partial(WORK.tell, job))
    return job


def _open_job(stimulus_set: StimulusSet, asked: Asked, total: int, *, on_workers: bool, by: str) -> GenerationJob:
    """A new job, or the one that is under way; a dead one goes on in the way that is wanted now."""
    job = stimulus_set.jobs.filter(state__in=GenerationJob.ACTIVE).first()
    if job is None:
        job = GenerationJob(set=stimulus_set, by=by, on_workers=on_workers)
    elif job.on_workers and on_workers:
        if Asked.from_json(job.asked) != asked and not stimulus_set.settings:
            raise StimulusSetError(
                f"The set {stimulus_set.name} is being made with other settings; wait for it, or choose another name."
            )
        return job
    else:
        with stimuli.making(stimulus_set.name):  # raises when a process of this machine is at it
            refuse_if_alive(job)
        job.on_workers, job.state, job.worker, job.heartbeat_at = on_workers, GenerationJob.State.QUEUED, "", None
        job.attempts = 0
        job.chunks.all().delete()
    job.asked, job.total, job.done = asked.to_json(), total, stimulus_set.stimuli.count()
    job.looked_at = timezone.now()
    job.save()
    stimuli.mark_set(stimulus_set, StimulusSet.Status.BUILDING)
    return job


def find_missing(stimulus_set: StimulusSet, plan: Sequence[stimuli.PlannedImage]) -> set[tuple[int, int]]:
    """(clip, index) of planned images that the set lacks."""
    rows = stimulus_set.stimuli.all()
    if len(plan) <= FEW:
        rows = rows.filter(clip__in={image.clip.pk for image in plan})
    done = set(rows.values_list("clip_id", "index"))
    return {(image.clip.pk, image.index) for image in plan} - done


def retry_job(job: GenerationJob, *, on_workers: bool, by: str = "") -> GenerationJob | None:
    """Ask once more for what is missing of a job that failed or was cancelled; None when nothing is.

    One that should be under way but whose workers are gone is queued again: whoever lives goes on undisturbed.
    """
    asked = stimuli.asked_of_job(job, job.set)
    if asked is None:
        raise StimulusSetError(f"The set {job.set.name} was made by another command; start it again with that.")
    return request_generation(set_name=job.set.name, asked=asked, on_workers=on_workers, by=by)


def cancel_job(job: GenerationJob, *, by: str = "") -> None:
    """End a job: batches that are being painted are kept, no further ones are begun."""
    with transaction.atomic():
        stimuli.lock_set(job.set)
        job.refresh_from_db()
        if not job.is_active:
            raise StimulusSetError(f"The job is {job.get_state_display()} already.")
        job.state, job.finished_at = GenerationJob.State.CANCELLED, timezone.now()
        job.error = f"Cancelled by {by}." if by else "Cancelled."
        job.save(update_fields=["state", "finished_at", "error"])
        stimuli.mark_set(job.set, StimulusSet.Status.STOPPED)
