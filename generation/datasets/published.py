"""Reads the tables that the paper's authors publish: `audio.csv` and `images.csv` with the columns `id,class,set`.

An id is a file's name without its ending, in the folders `audio` and `images` (or `music`, `image`) beside the tables.
The set that is stated is kept. No media file is opened here.
"""

import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from generation.datasets.entries import FolderReading, Skipped, same_name, show_path
from generation.datasets.manifest import (
    AUDIO,
    IMAGE,
    MANIFEST,
    OPTIONAL,
    Entry,
    FileNames,
    Listing,
    entry_of_row,
    read_csv,
    read_photographs,
    refuse_outside,
)
from generation.errors import DatasetError
from generation.names import is_missing, read_name, tidy

TABLES = {AUDIO: re.compile(r"(audio|music)\.csv", re.I), IMAGE: re.compile(r"images?\.csv", re.I)}
FOLDERS = {AUDIO: {"audio", "music"}, IMAGE: {"image", "images"}}
COLUMNS = ("id", "class", "set")
# How people write the three parts of a data set.
SETS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def read_published(path: Path) -> Listing | None:
    """List a folder with such tables, or the folder of one that is given by itself; None where there are none.

    Raises DatasetError for a table that cannot be read, and for one whose counterpart is missing.
    """
    tables = _find_tables(path)
    if not tables:
        return None
    if lacking := [kind for kind in TABLES if kind not in tables]:
        other = next(iter(tables.values()))
        name = "audio.csv" if lacking == [AUDIO] else "images.csv"
        raise DatasetError(f"{other} lists one half of a dataset; {name} must lie beside it.")
    root = tables[AUDIO].parent
    reading = FolderReading(root)
    _, folders = reading.look_into(root)
    entries: list[Entry] = []
    for kind, table in tables.items():
        refuse_outside(table, root)
        media = _MediaNames(reading, [folder for folder in folders if folder.name.lower() in FOLDERS[kind]], kind)
        entries += _read_table(table, kind, media, reading)
    if not entries:
        raise DatasetError(f"{root} lists no file." + "".join(f" {skip}." for skip in reading.skipped[:5]))
    content = read_photographs(root)
    hidden = reading.hidden + content.hidden
    return Listing(root, entries + content.entries, reading.skipped + content.skipped, content.notes, hidden)


def _find_tables(path: Path) -> dict[str, Path]:
    """The tables of a folder, by kind, if their columns are those; a manifest beside them decides alone."""
    folder = path.parent if path.is_file() else path
    if not folder.is_dir() or (path.is_dir() and (folder / MANIFEST).is_file()):
        return {}
    found = {}
    for name in sorted(os.listdir(folder)):
        kind = next((kind for kind, pattern in TABLES.items() if pattern.fullmatch(name)), None)
        if kind and kind not in found and _has_columns(folder / name):
            found[kind] = folder / name
    return found if path.is_dir() or path in found.values() else {}


def _has_columns(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError):
        return False
    return set(COLUMNS) <= {cell.strip(" \"'\r\n") for cell in re.split(r"[,;\t|]", header)}


class _MediaNames:
    """Files below the folders of one kind, by their names without endings, however they are composed."""

    def __init__(self, reading: FolderReading, folders: list[Path], kind: str) -> None:
        self.folders = [folder.name for folder in folders]
        self.default = next(iter(self.folders), min(FOLDERS[kind]))
        self.places: dict[str, list[str]] = defaultdict(list)
        self.unlisted: set[str] = set()
        for folder in folders:
            files, deeper = reading.look_into(folder)
            for inner in deeper:
                reading.leave_out_below(inner, f"lies deeper than {folder.name}/; move it up")
            for file in files:
                place = f"{folder.name}/{file.name}"
                # An id may have kept its ending.
                for spelling in dict.fromkeys((file.stem, file.name)):
                    self.places[same_name(spelling)].append(place)
                self.unlisted.add(place)

    def take(self, name: str, turn: int) -> str | None:
        """The file of an id's row number `turn` (from 0); None where all its files are taken."""
        found = self.places.get(same_name(name), [])
        if turn < len(found):
            self.unlisted.discard(found[turn])
            return found[turn]
        return None if found or turn else f"{self.default}/{name}.*"


def _read_table(path: Path, kind: str, media: _MediaNames, reading: FolderReading) -> list[Entry]:
    """The rows of a table that can be used; the others are left out by name."""
    entries: list[Entry] = []
    skipped = reading.skipped
    files = FileNames(path.parent)
    turns: Counter[str] = Counter()
    for number, row in read_csv(path, required=COLUMNS, optional=OPTIONAL):
        name = tidy(row["id"])
        where = f"{path.name} row {number}"
        if not name:
            skipped.append(Skipped(where, "id is empty"))
            continue
        place = media.take(name, turns[name])
        turns[name] += 1
        if place is None:
            skipped.append(Skipped(where, f'the id "{read_name(name)}" stands in the table twice; it is taken once'))
            continue
        try:
            entries.append(_entry_of_id(row, kind, name, place, files))
        except ValueError as error:
            skipped.append(Skipped(where, str(error)))
    if media.unlisted:
        folder = "/, ".join(media.folders)
        reason = f"lie there without a row in {path.name}, e.g. {show_path(min(media.unlisted))}"
        skipped.append(Skipped(f"{folder}/", reason, files=len(media.unlisted)))
    return entries


def _entry_of_id(row: dict[str, str], kind: str, name: str, place: str, files: FileNames) -> Entry:
    """A row as a manifest's; ValueError with the reason when it says something impossible."""
    stated = "" if is_missing(tidy(row["set"])) else tidy(row["set"])
    if stated and stated.lower() not in SETS:
        raise ValueError(f'its set is "{read_name(stated)}"; it must be one of train, validation, test')
    further = {column: value for column, value in row.items() if column not in COLUMNS}
    described = {"category": row["class"], "path": place, "split": SETS.get(stated.lower(), ""), "kind": kind}
    entry = entry_of_row(further | described, files)
    return entry if entry.title else replace(entry, title=read_name(name)[: OPTIONAL["title"]])
