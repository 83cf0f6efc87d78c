"""Reads what a dataset folder or manifest lists: which file is what, of which category, split and piece.

Two layouts. A folder `<category>/{audio,images}/*`, with optional `content/*` photographs; or a `manifest.csv` with the
columns `kind` {audio, image, content}, `category` and `path`, and any of `split`, `piece_id`, `title`, `creator`,
`year`, `licence`, `sha256`; further columns are kept as metadata. No file is opened here but the manifest itself.
"""

import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from generation.datasets.entries import (
    FolderReading,
    Skipped,
    look_at,
    name_below,
    same_name,
    show_path,
)
from generation.errors import DatasetError, MediaFileError
from generation.names import (
    AS_BLANKS,
    NameProblem,
    SheetProblem,
    check_text,
    clean_name,
    is_missing,
    read_name,
    read_sheet,
    tidy,
)

AUDIO, IMAGE, CONTENT = KINDS = ("audio", "image", "content")
SPLITS = ("train", "val", "test")
REQUIRED = ("kind", "category", "path")
# The longest text that a row of the database takes, by column.
OPTIONAL = {"split": 5, "piece_id": 200, "title": 300, "creator": 300, "year": 60, "licence": 120, "sha256": 64}
CATEGORY_LENGTH = 120
# Documents about a dataset that lie beside its categories.
DOCUMENTS = re.compile(
    r"(readme|licen[cs]e|copying|notes|credits|attribution|citation|changelog)([.-].*)?", re.IGNORECASE
)
MANIFEST = "manifest.csv"
FOLDERS = {"audio": AUDIO, "images": IMAGE}
SHA256 = re.compile(r"[0-9a-f]{64}")
LIMITS_HEADING = re.compile(r"^#+\s*known limits.*?$\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One listed file. `name` is how messages call it; empty texts mean that nothing is stated."""

    kind: str
    category: str
    path: Path
    name: str
    split: str = ""
    piece_id: str = ""
    title: str = ""
    creator: str = ""
    year: str = ""
    licence: str = ""
    sha256: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """What a folder or manifest lists, in its order. `hidden`: entries of folders that were passed over."""

    root: Path
    entries: list[Entry]
    skipped: list[Skipped]
    notes: str
    hidden: int = 0


def read_listing(path: Path) -> Listing:
    """List a dataset folder, its manifest.csv when there is one, or a manifest file given by itself.

    Raises DatasetError when there is nothing to read at all; a single bad row or file is listed as skipped.
    """
    if path.is_file():
        return _read_manifest(path)
    if not path.is_dir():
        raise DatasetError(f"There is no folder or manifest {path}.")
    if (path / MANIFEST).is_file():
        refuse_outside(path / MANIFEST, path)
        return _read_manifest(path / MANIFEST)
    return _read_folder(path)


def read_notes(folder: Path) -> str:
    """Known limits of a dataset: its notes.md, else the section "Known limits" of its README.md, else nothing.

    Raises DatasetError where they cannot be read: they are printed in every report.
    """
    for name in ("notes.md", "README.md"):
        if not (path := folder / name).is_file():
            continue
        refuse_outside(path, folder)
        text = read_text(path)
        if name == "notes.md":
            return text
        found = LIMITS_HEADING.search(text)
        return found[1].strip() if found else ""
    return ""


def refuse_outside(path: Path, root: Path) -> None:
    """DatasetError for a link that leads out of the folder: an import reads nothing it was not given."""
    try:
        look_at(path, root)
    except MediaFileError as error:
        raise DatasetError(f"{path} {error}; put the file itself there.") from error


def read_text(path: Path) -> str:
    """A text file; DatasetError where it is no UTF-8, or holds what is no text."""
    try:
        return check_text(path.read_text(encoding="utf-8-sig")).strip()
    except UnicodeDecodeError as error:
        raise DatasetError(f"The notes {path} are no UTF-8 text; save them as UTF-8.") from error
    except NameProblem as error:
        raise DatasetError(f"The notes {path}: the text {error}.") from error
    except OSError as error:
        raise DatasetError(f"The notes {path} cannot be read ({error.strerror}).") from error


@dataclass
class _Folder(FolderReading):
    """A dataset's folder while it is read."""

    entries: list[Entry] = field(default_factory=list)

    def take(self, folder: Path, kind: str, category: str = "") -> None:
        """The files of one kind that lie in a folder; those of folders in it are left out one by one."""
        files, folders = self.look_into(folder)
        self.entries += [_entry_of_file(kind, category, file, self.root) for file in files]
        for inner in folders:
            place = name_below(folder, self.root)
            self.leave_out_below(inner, f"lies deeper than {place}/; move it up, or list it in a {MANIFEST}")

    def take_category(self, folder: Path) -> None:
        """The files of a category, those that lie elsewhere in its folder left out one by one."""
        try:
            category = _clean_category(folder.name)
        except NameProblem as problem:
            self.leave_out_whole(folder, str(problem))
            return
        if not any((folder / name).is_dir() for name in _names_like_media(folder)):
            self.leave_out_whole(folder, "has neither an audio nor an images folder")
            return
        files, folders = self.look_into(folder)
        for inner in folders:
            if kind := FOLDERS.get(inner.name.lower()):
                self.take(inner, kind, category)
            else:
                self.leave_out_below(inner, "lies neither in the audio nor in the images folder of its category")
        for file in files:
            name = folder.name
            self.leave_out(file, f"lies beside the folders of its category; move it into {name}/audio or {name}/images")


def _names_like_media(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.lower() in FOLDERS]
    except OSError:
        return []


def read_photographs(root: Path) -> Listing:
    """List the folder `content` beside tables that name music and art alone."""
    reading = _Folder(root)
    if (root / CONTENT).is_dir():
        reading.take(root / CONTENT, CONTENT)
    return Listing(root, reading.entries, reading.skipped, read_notes(root), reading.hidden)


def _read_folder(root: Path) -> Listing:
    reading = _Folder(root)
    files, folders = reading.look_into(root)
    for file in files:
        if not DOCUMENTS.fullmatch(file.name):
            reading.leave_out(file, "lies beside the categories; move it into <category>/audio or <category>/images")
    for folder in folders:
        if folder.name == "content" and not any((folder / name).is_dir() for name in FOLDERS):
            reading.take(folder, CONTENT)
        else:
            reading.take_category(folder)
    if not reading.entries:
        raise DatasetError(
            f"{root} holds neither a {MANIFEST} nor folders <category>/audio and <category>/images."
            + "".join(f" {skip}." for skip in reading.skipped[:5])
        )
    return Listing(root, reading.entries, reading.skipped, read_notes(root), reading.hidden)


def _entry_of_file(kind: str, category: str, file: Path, root: Path) -> Entry:
    name = name_below(file, root)
    title = read_name(file.stem)[: OPTIONAL["title"]]
    return Entry(kind, category, file, show_path(name), title=title, metadata={"path": name})


def _read_manifest(path: Path) -> Listing:
    root = path.parent
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    files = FileNames(root)
    for number, row in read_csv(path, required=REQUIRED, optional=OPTIONAL):
        try:
            entries.append(entry_of_row(row, files))
        except ValueError as error:
            skipped.append(Skipped(f"{path.name} row {number}", str(error)))
    if not entries and not skipped:
        raise DatasetError(f"{path} lists no file.")
    return Listing(root, entries, skipped, read_notes(root))


def read_csv(
    path: Path, *, required: Collection[str], optional: Collection[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a csv file, however a spreadsheet wrote it, with the lines on which they begin, as they stand there.

    Raises DatasetError, which names what is wrong with it.
    """
    try:
        sheet = read_sheet(path.read_bytes(), columns=(*required, *optional))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    except SheetProblem as error:
        raise DatasetError(f"{path} {error}.") from error
    if missing := [column for column in required if column not in sheet.header]:
        raise DatasetError(f"{path} has no column {', '.join(missing)}; its header must name it.")
    for column in sheet.header:
        try:
            check_text(column)
        except NameProblem as problem:
            raise DatasetError(f"{path}: the name of a column {problem}.") from problem
    names = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    return [
        (line, {name: text for name, text in row.items() if name}) for line, row in zip(sheet.lines, names, strict=True)
    ]


class FileNames:
    """Finds files by names that may be composed otherwise than those on the disk, as macOS and Windows write them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: dict[Path, dict[str, str]] = {}

    def find(self, place: str) -> Path:
        """The file that is meant; where there is none, the path as it stands."""
        if os.path.lexists(self.root / place):
            return self.root / place
        path = self.root
        for part in Path(tidy(place).replace("\\", "/")).parts:
            path = path / self._names_in(path).get(same_name(part), part)
        return path

    def _names_in(self, folder: Path) -> dict[str, str]:
        if folder not in self.names:
            try:
                self.names[folder] = {same_name(name): name for name in os.listdir(folder)}
            except OSError:
                self.names[folder] = {}
        return self.names[folder]


def entry_of_row(row: dict[str, str], files: FileNames) -> Entry:
    """One manifest row; ValueError with the reason when it says something impossible."""
    kind, place = (tidy(row[column]) for column in ("kind", "path"))
    if kind not in KINDS:
        raise ValueError(f'kind is "{read_name(kind)}"; it must be one of {", ".join(KINDS)}')
    if not place:
        raise ValueError("path is empty")
    _check(place, "path")
    said = show_path(place)
    category = "" if is_missing(tidy(row["category"])) else row["category"]
    if kind != CONTENT and not category:
        raise ValueError(f"{said} has no category; only content may go without one")
    if kind != CONTENT:
        category = _named(partial(_clean_category, category), f"the category of {said}")
    stated = {column: _value(row.get(column, ""), f"the {column} of {said}") for column in OPTIONAL}
    stated["sha256"] = stated["sha256"].lower()
    if kind == CONTENT:
        stated["split"] = ""  # photographs belong to no split
    if stated["split"] and stated["split"] not in SPLITS:
        raise ValueError(f'the split of {said} is "{stated["split"]}"; it must be one of {", ".join(SPLITS)}')
    if stated["sha256"] and not SHA256.fullmatch(stated["sha256"]):
        raise ValueError(f"the sha256 of {said} is not 64 hexadecimal digits")
    for column, length in OPTIONAL.items():
        if len(stated[column]) > length:
            raise ValueError(f"the {column} of {said} is longer than {length} characters")
    further = {column: value for column, value in row.items() if column not in {*REQUIRED, *OPTIONAL}}
    if kind == CONTENT:
        further["category"] = category
    metadata = {column: _check(tidy(value), f"the {column} of {said}") for column, value in further.items() if value}
    return Entry(
        kind,
        "" if kind == CONTENT else category,
        files.find(row["path"]),
        said,
        **stated,
        metadata={"path": place} | {column: value for column, value in metadata.items() if value},
    )


@cache
def _clean_category(text: str) -> str:
    name = clean_name(text)
    if len(name) > CATEGORY_LENGTH:
        raise NameProblem(f"is longer than {CATEGORY_LENGTH} characters")
    return name


def _named(clean: Callable[[], str], what: str) -> str:
    try:
        return clean()
    except NameProblem as problem:
        raise ValueError(f"{what} {problem}") from problem


def _check(text: str, what: str) -> str:
    return _named(partial(check_text, text), what)


def _value(text: str, what: str) -> str:
    """What is stated in one line, or nothing where R and pandas write that nothing is."""
    text = tidy(text).translate(AS_BLANKS)
    return "" if is_missing(text) else _check(text, what)
