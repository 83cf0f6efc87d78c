"""Companion tables: what a kind of trial has beside responses.csv, one file for each kind, with its own dictionary."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from generation.files import write_durably
from generation.names import encode
from studyserver.studies.columns import Column
from studyserver.studies.exports.answers import name_trial
from studyserver.studies.exports.dictionary import COLUMNS, dictionary_csv
from studyserver.studies.exports.writing import write_rows
from studyserver.studies.models import Study, Trial
from studyserver.studies.sitting.kinds import Kind, all_kinds

SHARED = ("study", "arm", "participant", "session", "simulated", "block", "trial_index")
"""Columns that every companion table has in common with responses.csv; they come first."""


@dataclass(frozen=True)
class Companion:
    """A companion table as written."""

    table: Path
    dictionary: Path
    columns: tuple[Column, ...]  # its own ones


def write_companions(study: Study, folder: Path, *, bom: bool = False) -> list[Companion]:
    """Write `<kind>.csv` and `<kind>-dictionary.csv` of every kind that has a table and any rows in this study."""
    shared = tuple(column for column in COLUMNS if column.name in SHARED)
    written = []
    for kind in (kind for kind in all_kinds() if kind.columns):
        found = Companion(folder / f"{kind.name}.csv", folder / f"{kind.name}-dictionary.csv", kind.columns)
        if write_rows(read_rows(kind, study), (*shared, *kind.columns), found.table, bom=bom):
            write_durably(found.dictionary, encode(dictionary_csv((*shared, *kind.columns)), bom=bom))
            written.append(found)
        else:  # nothing of an earlier export stays
            found.table.unlink(missing_ok=True)
            found.dictionary.unlink(missing_ok=True)
    return written


def read_rows(kind: Kind[Any], study: Study) -> Iterator[SimpleNamespace]:
    """The rows of a kind's table in order of arrival and trial; what participants erased is not there."""
    trials = Trial.objects.filter(session__study=study, kind=kind.name, state=Trial.State.ANSWERED)
    trials = trials.select_related("session__study", "session__arm", "session__external_id")
    for trial in trials.order_by("session__number", "index").iterator(chunk_size=500):
        shared = name_trial(trial)
        for cells in kind.rows(trial):
            own = zip((column.name for column in kind.columns), cells, strict=True)
            yield SimpleNamespace(**shared, **dict(own))
