"""Writes of stimulus sets that are being made: open, add images, finish. No torch.

A set is made under a lock on its folder by one process at a time. Its settings are fixed by its first row; whoever
asks for the same set again with the same settings goes on where it stopped, with other settings is refused.
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
from django.utils import timezone
from django.utils.text import slugify

from generation.comparison import first_difference
from generation.contact_sheets import COLUMNS, SheetImage, draw_sheet
from generation.durable import sweep_temporary, write_durably
from generation.errors import StimulusSetError
from generation.models import Category, Checkpoint, Dataset, GenerationJob, Stimulus, StimulusSet
from generation.plan import find_categories
from generation.shuffled import make_boards
from generation.stimulus_sets import refuse_if_opened

# What may differ when a finished set is asked for again: it stays what it is when libraries or our code move on.
SURROUNDINGS = ("code", "libraries")


def set_folder(name: str) -> Path:
    """Where contact sheets and embeddings of a set lie."""
    return Path(site.SETS_ROOT) / name


@contextmanager
def making(name: str) -> Iterator[None]:
    """Hold the set against other processes, and sweep up what a killed one left half-written."""
    if not name or slugify(name) != name.lower() or len(name) > 80:
        raise StimulusSetError(f'"{name}" cannot name a set: use letters, digits, - and _.')
    folder = set_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sweep_temporary(folder)
        if Path(site.MEDIA_ROOT).is_dir():
            sweep_temporary(Path(site.MEDIA_ROOT))
        yield
    except BlockingIOError as error:
        raise StimulusSetError(f"The set {name} is being made by another process.") from error
    finally:
        os.close(handle)
        with suppress(OSError):  # a folder with something in it stays
            folder.rmdir()


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
    """The job that fills the set; one that a killed process left is taken over."""
    job = stimulus_set.jobs.exclude(state__in=[GenerationJob.State.DONE, GenerationJob.State.FAILED]).first()
    job = job or GenerationJob(set=stimulus_set)
    job.state, job.total, job.done = GenerationJob.State.RUNNING, total, stimulus_set.stimuli.count()
    with transaction.atomic():
        job.save()
        if stimulus_set.status != StimulusSet.Status.BUILDING:
            stimulus_set.status = StimulusSet.Status.BUILDING
            stimulus_set.save(update_fields=["status"])
    return job


def add_images(job: GenerationJob, rows: Sequence[Stimulus]) -> None:
    """Commit images and progress together."""
    with transaction.atomic():
        refuse_if_opened(job.set)
        for row in rows:
            row.set = job.set
            row.save(force_insert=True)
        job.done = job.set.stimuli.count()
        job.save(update_fields=["done"])


def finish_set(job: GenerationJob) -> list[Path]:
    """Draw the contact sheets, then say that set and job are done; returns the sheets."""
    sheets = write_contact_sheets(job.set)
    with transaction.atomic():
        job.set.status = StimulusSet.Status.READY
        job.set.save(update_fields=["status"])
        job.state, job.finished_at, job.error = GenerationJob.State.DONE, timezone.now(), ""
        job.save()
    return sheets


@contextmanager
def recording_failure(job: GenerationJob) -> Iterator[None]:
    """An error inside the block is kept with the job, where the admin shows it, and goes on."""
    try:
        yield
    except Exception as error:
        with transaction.atomic():
            job.state, job.error, job.finished_at = GenerationJob.State.FAILED, str(error), timezone.now()
            job.save()
            job.set.status = StimulusSet.Status.FAILED
            job.set.save(update_fields=["status"])
        raise


def write_contact_sheets(stimulus_set: StimulusSet) -> list[Path]:
    """SETS_ROOT/<set>/contact-<category>.png: clips by hash, image by image; hash and index below each."""
    sheets = []
    for category in Category.objects.filter(stimuli__set=stimulus_set).distinct():
        rows = stimulus_set.stimuli.filter(category=category).select_related("clip").order_by("clip__sha256", "index")
        images = [SheetImage(read_stored(str(row.file)), f"{row.clip.sha256[:12]} {row.index}") for row in rows]
        per_clip = max(row.index for row in rows) + 1
        path = set_folder(stimulus_set.name) / f"contact-{category.slug}.png"
        write_durably(path, draw_sheet(images, columns=per_clip if 1 < per_clip <= COLUMNS else COLUMNS))
        sheets.append(path)
    return sheets


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
