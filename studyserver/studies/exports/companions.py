"""Companion tables beside responses.csv, each with a dictionary of its own.

`clips.csv` says what the clips are, `shown.csv` and `events.csv` what stands behind the answers of every study; a kind
of trial may have a table too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from generation.files import write_durably
from generation.names import encode
from studyserver.studies.columns import Column
from studyserver.studies.exports.answers import name_trial
from studyserver.studies.exports.clips import CLIP_COLUMNS, read_clip_rows
from studyserver.studies.exports.dictionary import COLUMNS, dictionary_csv
from studyserver.studies.exports.evidence import EVENT_COLUMNS, SHOWN_COLUMNS, read_event_rows, read_shown_rows
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
    all_columns: tuple[Column, ...]  # with those that it shares with responses.csv


def write_companions(study: Study, folder: Path, *, bom: bool = False) -> list[Companion]:
    """Write clips.csv, shown.csv, events.csv and `<kind>.csv` of kinds that have a table: those that have any rows."""
    shared = tuple(column for column in COLUMNS if column.name in SHARED)
    tables: list[tuple[str, Iterable[object], Sequence[Column], Sequence[Column]]] = [
        ("shown", read_shown_rows(study), SHOWN_COLUMNS, SHOWN_COLUMNS),
        ("events", read_event_rows(study), EVENT_COLUMNS, EVENT_COLUMNS),
        ("clips", read_clip_rows(study), CLIP_COLUMNS, CLIP_COLUMNS),
    ]
    for kind in (kind for kind in all_kinds() if kind.columns):
        tables.append((kind.name, read_rows(kind, study), (*shared, *kind.columns), kind.columns))
    written = []
    for name, rows, columns, own in tables:
        found = Companion(folder / f"{name}.csv", folder / f"{name}-dictionary.csv", tuple(own), tuple(columns))
        if write_rows(rows, columns, found.table, bom=bom):
            write_durably(found.dictionary, encode(dictionary_csv(columns), bom=bom))
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
