"""Writes of stimulus sets that are being made: open, add images, finish. No torch.

A set has one job at a time, which one process or several workers do (see `jobs`). Its settings are fixed before its
first image; whoever asks for the same set again with the same settings goes on where it stopped, with other settings
is refused. A process that makes a set alone also holds a lock on its folder, which ends with the process: so a set
whose process was killed can be taken up at once on the same machine, and after `leases.LEASE` on any other.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings as site

from generation.comparison import first_difference
from generation.errors import StimulusSetError
from generation.files import sweep_temporary
from generation.models import Checkpoint, Dataset, StimulusSet
from generation.stimuli.finding import check_set_name
from generation.stimuli.sheets import set_folder

# What may differ when a finished set is asked for again: it stays what it is when libraries or our code move on.
SURROUNDINGS = ("code", "libraries")


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
    decided = {"source": source, "dataset": dataset, "checkpoint": checkpoint, "parent": parent, "settings": settings}
    stimulus_set, created = StimulusSet.objects.get_or_create(name=name, defaults=decided)
    if created:
        return stimulus_set
    if not stimulus_set.settings and not stimulus_set.stimuli.exists():
        # Asked for, and nobody had settled yet how it is made.
        for field, value in decided.items():
            setattr(stimulus_set, field, value)
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


def lock_set(stimulus_set: StimulusSet) -> None:
    """Make others who would write to the set wait for the end of this transaction."""
    if not StimulusSet.objects.select_for_update().filter(pk=stimulus_set.pk).values_list("pk"):
        raise StimulusSetError(f"The set {stimulus_set.name} was deleted meanwhile.")


def mark_set(stimulus_set: StimulusSet, status: str) -> None:
    """Write a set's status."""
    stimulus_set.status = status
    stimulus_set.save(update_fields=["status"])
