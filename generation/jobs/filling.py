"""A set is filled: begun, images added, finished, failed or cancelled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generation.errors import GenerationCancelled, StimulusSetError
from generation.jobs.leases import held, is_fresh, is_on_this_machine, worker_name
from generation.models import GenerationJob, GenerationWorker, Stimulus, StimulusSet
from generation.stimuli import lock_set, mark_set, refuse_if_opened, sweep_up, write_contact_sheets
from generation.wording import plural


def start_job(stimulus_set: StimulusSet, total: int) -> GenerationJob:
    """The job of this process, which fills the set alone and holds its folder (`making`).

    One that waits, or whose process or workers are dead, is taken over. StimulusSetError while somebody is at it.
    """
    with transaction.atomic():
        lock_set(stimulus_set)
        job = stimulus_set.jobs.filter(state__in=GenerationJob.ACTIVE).first() or GenerationJob(set=stimulus_set)
        if job.pk is not None:
            refuse_if_alive(job)
        job.on_workers, job.worker, job.heartbeat_at = False, worker_name(), timezone.now()
        job.state, job.total, job.done, job.failed = GenerationJob.State.RUNNING, total, stimulus_set.stimuli.count(), 0
        job.started_at = job.started_at or timezone.now()
        job.save()
        job.chunks.all().delete()
        mark_set(stimulus_set, StimulusSet.Status.BUILDING)
    return job


def refuse_if_alive(job: GenerationJob) -> None:
    """StimulusSetError while another process is at the job; the caller holds the set's folder on this machine."""
    if job.on_workers:
        at_it = [job.worker] if job.worker and is_fresh(job.heartbeat_at) else []
        at_it += [chunk.worker for chunk in job.chunks.filter(state="running") if is_fresh(chunk.heartbeat_at)]
        if at_it:
            raise StimulusSetError(
                f"The set {job.set.name} is being made by workers ({', '.join(sorted(set(at_it)))}). "
                "Wait for them with --distribute, or cancel the job in the admin."
            )
    elif not is_on_this_machine(job.worker) and is_fresh(job.heartbeat_at):
        raise StimulusSetError(f"The set {job.set.name} is being made by another process ({job.worker}).")


def add_images(job: GenerationJob, rows: Sequence[Stimulus], *, seconds: float = 0.0) -> None:
    """Commit images and progress together; `seconds`: how long this process painted and stored them.

    An image that stands already stays: whoever made it used the same settings. GenerationCancelled when the job is
    over: the images are kept, and no further ones are wanted.
    """
    with transaction.atomic():
        lock_set(job.set)
        clips = {row.clip_id for row in rows}
        there = set(job.set.stimuli.filter(clip__in=clips).values_list("clip_id", "index"))
        new = [row for row in rows if (row.clip_id, row.index) not in there]
        if new:
            refuse_if_opened(job.set)
        for row in new:
            row.set = job.set
            row.save(force_insert=True)
        job.refresh_from_db(fields=["state", "by"])
        job.done = job.set.stimuli.count()
        job.save(update_fields=["done"])
        _credit(job, len(new), seconds)
    if not job.is_active:
        raise cancelled(job)


def _credit(job: GenerationJob, images: int, seconds: float) -> None:
    """Note what this process has made; images that another one was quicker to store are not counted."""
    now = timezone.now()
    known = job.workers.filter(name=worker_name())
    if not known.update(images=F("images") + images, seconds=F("seconds") + seconds, seen_at=now):
        GenerationWorker.objects.create(job=job, name=worker_name(), images=images, seconds=seconds, seen_at=now)


def cancelled(job: GenerationJob) -> GenerationCancelled:
    """What to say when a job was ended by somebody else."""
    return GenerationCancelled(
        f"The making of the set {job.set.name} was {job.get_state_display()} when "
        f"{job.done} of {plural(job.total, 'image')} were there; they are kept. "
        "Ask for the same set again to make the rest."
    )


def finish_set(job: GenerationJob) -> list[Path]:
    """Draw the contact sheets, then say that set and job are done; returns the sheets.

    StimulusSetError when images are missing; GenerationCancelled when the job is over.
    """
    sheets = write_contact_sheets(job.set)
    sweep_up(job.set.name)
    with transaction.atomic():
        lock_set(job.set)
        job.refresh_from_db(fields=["state", "by"])
        if not job.is_active:
            raise cancelled(job)
        job.done = job.set.stimuli.count()
        if job.done < job.total:
            gone = plural(job.total - job.done, "image")
            raise StimulusSetError(
                f"{gone} of the set {job.set.name} had been deleted when it was done; ask for it again."
            )
        mark_set(job.set, StimulusSet.Status.READY)
        job.state, job.finished_at, job.error = GenerationJob.State.DONE, timezone.now(), ""
        job.save(update_fields=["state", "finished_at", "error", "done"])
    return sheets


@contextmanager
def recording_failure(job: GenerationJob) -> Iterator[None]:
    """An error inside the block is kept with the job, where the admin shows it, and goes on."""
    try:
        yield
    except GenerationCancelled:
        raise
    except Exception as error:
        fail_job(job, str(error))
        raise


def fail_job(job: GenerationJob, error: str, **expected: Any) -> bool:
    """Write down why the job came to nothing; returns whether it was not over already, or another process's."""
    with transaction.atomic():
        lock_set(job.set)
        mine = held(job).filter(**expected).exists()
        job.refresh_from_db(fields=["state", "done"])
        if not mine or not job.is_active:
            return False
        job.state, job.error, job.finished_at = GenerationJob.State.FAILED, error, timezone.now()
        job.save(update_fields=["state", "error", "finished_at"])
        mark_set(job.set, StimulusSet.Status.FAILED)
    return True
