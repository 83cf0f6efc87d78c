"""Writes of stimulus sets that are being made: open, add images, finish. No torch.

A set has one job at a time, which one process or several workers do (see `jobs`). Its settings are fixed before its
first image; whoever asks for the same set again with the same settings goes on where it stopped, with other settings
is refused. A process that makes a set alone also holds a lock on its folder, which ends with the process: so a set
whose process was killed can be taken up at once on the same machine, and after `leases.LEASE` on any other.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generation.comparison import first_difference
from generation.errors import GenerationCancelled, StimulusSetError
from generation.files.contact_sheets import COLUMNS, SheetImage, draw_sheet
from generation.files.durable import sweep_temporary, write_durably
from generation.jobs.leases import is_fresh, is_on_this_machine, worker_name
from generation.models import Category, Checkpoint, Dataset, GenerationJob, GenerationWorker, Stimulus, StimulusSet
from generation.run.sources.imported import refuse_if_opened
from generation.seeds import check_seed
from generation.shuffled import make_boards
from generation.stimuli.plan import find_categories
from generation.stimuli.request import check_set_name

# What may differ when a finished set is asked for again: it stays what it is when libraries or our code move on.
SURROUNDINGS = ("code", "libraries")


def set_folder(name: str) -> Path:
    """Where contact sheets and embeddings of a set lie."""
    return Path(site.SETS_ROOT) / name


@contextmanager
def making(name: str) -> Iterator[None]:
    """Hold the set against other processes of this machine, and sweep up what a killed one left half-written."""
    check_set_name(name)
    folder = set_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sweep_up(name)
        yield
    except BlockingIOError as error:
        raise StimulusSetError(f"The set {name} is being made by another process.") from error
    finally:
        os.close(handle)
        with suppress(OSError):  # a folder with something in it stays
            folder.rmdir()


def sweep_up(name: str) -> None:
    """Remove what killed processes left half-written in the set's folder and in the media."""
    for folder in (set_folder(name), Path(site.MEDIA_ROOT)):
        if folder.is_dir():
            sweep_temporary(folder)


def open_set(
    *,
    name: str,
    source: str,
    dataset: Dataset,
    settings: dict[str, Any],
    checkpoint: Checkpoint | None = None,
    parent: StimulusSet | None = None,
) -> StimulusSet:
    """The set of this name, new or as it stands; StimulusSetError when it was begun with other settings."""
    stimulus_set, created = StimulusSet.objects.get_or_create(
        name=name,
        defaults={
            "source": source,
            "dataset": dataset,
            "checkpoint": checkpoint,
            "parent": parent,
            "settings": settings,
        },
    )
    if created:
        return stimulus_set
    if not stimulus_set.settings and not stimulus_set.stimuli.exists():
        # Asked for, and nobody had settled yet how it is made.
        stimulus_set.source, stimulus_set.dataset, stimulus_set.parent = source, dataset, parent
        stimulus_set.checkpoint, stimulus_set.settings = checkpoint, settings
        stimulus_set.save()
        return stimulus_set
    if stimulus_set.source != source:
        raise StimulusSetError(f"The set {name} holds images {stimulus_set.get_source_display()}; choose another name.")
    finished = stimulus_set.status == StimulusSet.Status.READY
    there, here = (
        {key: value for key, value in values.items() if not finished or key not in SURROUNDINGS}
        for values in (stimulus_set.settings, settings)
    )
    # What was asked for comes first: everything else follows from it.
    asked = first_difference(there.get("request"), here.get("request"), "request")
    if difference := asked or first_difference(there, here):
        raise StimulusSetError(
            f"The set {name} was begun with other settings: {difference}. Choose another name, or ask for the same."
        )
    return stimulus_set


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


def lock_set(stimulus_set: StimulusSet) -> None:
    """Make others who would write to the set wait for the end of this transaction."""
    if not StimulusSet.objects.select_for_update().filter(pk=stimulus_set.pk).values_list("pk"):
        raise StimulusSetError(f"The set {stimulus_set.name} was deleted meanwhile.")


def mark_set(stimulus_set: StimulusSet, status: str) -> None:
    """Write a set's status."""
    stimulus_set.status = status
    stimulus_set.save(update_fields=["status"])


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
        f"The making of the set {job.set.name} was {job.get_state_display()} when {job.done} of {job.total} images "
        "were there; they are kept. Ask for the same set again to make the rest."
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
            raise StimulusSetError(
                f"{job.total - job.done} images of the set {job.set.name} were deleted while it was made; "
                "ask for it again."
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


def fail_job(job: GenerationJob, error: str) -> bool:
    """Write down why the job came to nothing; returns whether it was not over already."""
    with transaction.atomic():
        lock_set(job.set)
        job.refresh_from_db(fields=["state", "done"])
        if not job.is_active:
            return False
        job.state, job.error, job.finished_at = GenerationJob.State.FAILED, error, timezone.now()
        job.save(update_fields=["state", "error", "finished_at"])
        mark_set(job.set, StimulusSet.Status.FAILED)
    return True


def write_contact_sheets(stimulus_set: StimulusSet) -> list[Path]:
    """SETS_ROOT/<set>/contact-<category>.png: clips by hash, image by image; hash and index below each."""
    sheets = []
    for category in Category.objects.filter(stimuli__set=stimulus_set).distinct():
        rows = stimulus_set.stimuli.filter(category=category).select_related("clip").order_by("clip__sha256", "index")
        images = [SheetImage(read_stored(str(row.file)), _caption(row)) for row in rows]
        per_clip = max(row.index for row in rows) + 1
        path = set_folder(stimulus_set.name) / f"contact-{category.slug}.png"
        write_durably(path, draw_sheet(images, columns=per_clip if 1 < per_clip <= COLUMNS else COLUMNS))
        sheets.append(path)
    return sheets


def _caption(row: Stimulus) -> str:
    return f"{row.clip.sha256[:12]} {row.index}{' safety alarm' if row.safety_alarm else ''}"


def read_stored(name: str) -> bytes:
    """Bytes of a stored file; StimulusSetError names one that is gone."""
    try:
        with default_storage.open(name) as file:
            return file.read()
    except FileNotFoundError as error:
        raise StimulusSetError(f"The image {name} is missing from the storage.") from error


def make_shuffled_set(
    *, name: str, parent_name: str, categories: Sequence[str] = (), seed: int = 0
) -> tuple[StimulusSet, bool]:
    """Make the control set of another set (see `shuffled`); returns it and whether anything was left to do."""
    check_seed(seed)
    parent = StimulusSet.objects.select_related("dataset").filter(name=parent_name).first()
    if parent is None:
        raise StimulusSetError(f"There is no stimulus set {parent_name} to shuffle.")
    if parent.status != StimulusSet.Status.READY:
        raise StimulusSetError(f"The set {parent_name} is {parent.get_status_display()}; finish it first.")
    if parent.source == StimulusSet.Source.SHUFFLED:
        raise StimulusSetError(f"The set {parent_name} is a shuffled control already; shuffle the set it came from.")
    chosen = [
        category
        for category in find_categories(parent.dataset, categories)
        if categories or category.stimuli.filter(set=parent).exists()
    ]
    slots = {
        category.name: list(
            parent.stimuli.filter(category=category, flagged=False)
            .select_related("clip", "category")
            .order_by("clip__sha256", "index")
        )
        for category in chosen
    }
    if len(chosen) < 2:
        raise StimulusSetError("A shuffled control needs images of at least two categories.")
    if empty := [category for category, images in slots.items() if not images]:
        raise StimulusSetError(f'The set {parent_name} has no image of "{empty[0]}".')
    boards = make_boards(slots, source=parent.name, seed=seed)
    settings = {
        "schema": "paragone-set/1",
        "source": StimulusSet.Source.SHUFFLED.value,
        "parent": parent.name,
        "categories": list(slots),
        "seed": seed,
        "boards": len(boards),
        "images": [row.sha256 for board in boards for row in board.slots],
    }
    with making(name):
        stimulus_set = open_set(
            name=name,
            source=StimulusSet.Source.SHUFFLED,
            dataset=parent.dataset,
            checkpoint=parent.checkpoint,
            parent=parent,
            settings=settings,
        )
        if stimulus_set.status == StimulusSet.Status.READY:
            return stimulus_set, False
        job = start_job(stimulus_set, len(boards) * len(slots))
        with recording_failure(job):
            # One transaction: boards are few and copy no file, so there is nothing to resume half-way.
            if not stimulus_set.stimuli.exists():
                add_images(job, [row for board in boards for row in _relabel(board, list(slots), parent, seed)])
            finish_set(job)
    return stimulus_set, True


def _relabel(board: Any, categories: list[str], parent: StimulusSet, seed: int) -> Iterator[Stimulus]:
    for image, place in zip(board.slots, board.permutation, strict=True):
        shown_for = board.slots[place]
        yield Stimulus(
            category=shown_for.category,
            clip=shown_for.clip,
            index=shown_for.index,
            board=board.number,
            seed=image.seed,
            sha256=image.sha256,
            file=image.file.name,
            width=image.width,
            height=image.height,
            provenance={
                "schema": "paragone-image/1",
                "source": StimulusSet.Source.SHUFFLED.value,
                "parent": parent.name,
                "set_seed": seed,
                "board": board.number,
                "categories": categories,
                "perm": list(board.permutation),
                "source_clip": image.clip.sha256,
                "source_category": image.category.name,
                "source_index": image.index,
                "image": image.provenance,
            },
        )
