"""Reads what a dataset folder or manifest lists: which file is what, of which category, split and piece.

Two layouts. A folder `<category>/{audio,images}/*`, with optional `content/*` photographs; or a `manifest.csv` with the
columns `kind` {audio, image, content}, `category` and `path`, and any of `split`, `piece_id`, `title`, `creator`,
`year`, `licence`, `sha256`; further columns are kept as metadata. No file is opened here but the manifest itself.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from generation.errors import DatasetError

AUDIO, IMAGE, CONTENT = KINDS = ("audio", "image", "content")
SPLITS = ("train", "val", "test")
REQUIRED = ("kind", "category", "path")
# The longest text that a row of the database takes, by column.
FORMULA = {"=", "+", "-", "@"}
OPTIONAL = {"split": 5, "piece_id": 200, "title": 300, "creator": 300, "year": 60, "licence": 120, "sha256": 64}
CATEGORY_LENGTH = 120
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
class Skipped:
    """A file, or a category with its files, that is left out, and why."""

    name: str
    reason: str
    files: int = 1

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True)
class Listing:
    """What a folder or manifest lists, in its order."""

    root: Path
    entries: list[Entry]
    skipped: list[Skipped]
    notes: str


def read_listing(path: Path) -> Listing:
    """List a dataset folder, its manifest.csv when there is one, or a manifest file given by itself.

    Raises DatasetError when there is nothing to read at all; a single bad row or file is listed as skipped.
    """
    if path.is_file():
        return _read_manifest(path)
    if not path.is_dir():
        raise DatasetError(f"There is no folder or manifest {path}.")
    if (path / MANIFEST).is_file():
        return _read_manifest(path / MANIFEST)
    return _read_folder(path)


def read_notes(folder: Path) -> str:
    """Known limits of a dataset: its notes.md, else the section "Known limits" of its README.md, else nothing."""
    if (notes := folder / "notes.md").is_file():
        return notes.read_text(encoding="utf-8").strip()
    readme = folder / "README.md"
    found = LIMITS_HEADING.search(readme.read_text(encoding="utf-8")) if readme.is_file() else None
    return found[1].strip() if found else ""


def _read_folder(root: Path) -> Listing:
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    for folder in sorted(_visible(root)):
        if not folder.is_dir():
            continue
        if folder.name == "content" and not any((folder / name).is_dir() for name in FOLDERS):
            entries += [_entry_of_file(CONTENT, "", file, root) for file in _files_below(folder)]
            continue
        if reason := find_formula(_clean(folder.name)):
            skipped.append(Skipped(f"{folder.name}/", reason, files=0))
            continue
        found = {name: _files_below(folder / name) for name in FOLDERS if (folder / name).is_dir()}
        if not found:
            skipped.append(Skipped(f"{folder.name}/", "has neither an audio nor an images folder", files=0))
        for name, files in found.items():
            entries += [_entry_of_file(FOLDERS[name], _clean(folder.name), file, root) for file in files]
    if not entries:
        raise DatasetError(f"{root} holds neither a {MANIFEST} nor folders <category>/audio and <category>/images.")
    return Listing(root, entries, skipped, read_notes(root))


def _files_below(folder: Path) -> list[Path]:
    return sorted(file for file in _visible(folder) if file.is_file())


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _entry_of_file(kind: str, category: str, file: Path, root: Path) -> Entry:
    name = file.relative_to(root).as_posix()
    return Entry(kind, category, file, name, title=file.stem[: OPTIONAL["title"]], metadata={"path": name})


def _read_manifest(path: Path) -> Listing:
    root = path.parent
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    for number, row in _csv_rows(path, required=REQUIRED):
        try:
            entries.append(_entry_of_row(row, root))
        except ValueError as error:
            skipped.append(Skipped(f"{path.name} row {number}", str(error)))
    if not entries and not skipped:
        raise DatasetError(f"{path} lists no file.")
    return Listing(root, entries, skipped, read_notes(root))


def read_csv(path: Path, *, required: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a UTF-8 csv file with their line numbers, texts cleaned; DatasetError names what is wrong with it."""
    return list(_csv_rows(path, required=required))


def _csv_rows(path: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        # utf-8-sig: spreadsheet programs put a byte-order mark in front.
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="")
            header = [_clean(column or "") for column in reader.fieldnames or []]
            if missing := [column for column in required if column not in header]:
                raise DatasetError(f"{path} has no column {', '.join(missing)}; its header must name it.")
            if repeated := sorted({column for column in header if column and header.count(column) > 1}):
                raise DatasetError(f"{path} has the column {repeated[0]} twice.")
            reader.fieldnames = header
            for row in reader:
                surplus = row.pop("", None)
                if isinstance(surplus, list) and any(surplus):
                    raise DatasetError(
                        f"{path} row {reader.line_num} has more fields than the header; check its quotes."
                    )
                yield reader.line_num, {column: _clean(value or "") for column, value in row.items()}
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text; save it as CSV UTF-8.") from error
    except (OSError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read: {error}.") from error


def _entry_of_row(row: dict[str, str], root: Path) -> Entry:
    """One manifest row; ValueError with the reason when it says something impossible."""
    kind, category, place = (row[column] for column in REQUIRED)
    if kind not in KINDS:
        raise ValueError(f'kind is "{kind}"; it must be one of {", ".join(KINDS)}')
    if not place:
        raise ValueError("path is empty")
    if kind != CONTENT and not category:
        raise ValueError(f"{place} has no category; only content may go without one")
    if reason := find_formula(category):
        raise ValueError(f"the category of {place} {reason}")
    if len(category) > CATEGORY_LENGTH:
        raise ValueError(f"the category of {place} is longer than {CATEGORY_LENGTH} characters")
    stated = {column: row.get(column, "") for column in OPTIONAL}
    stated["sha256"] = stated["sha256"].lower()
    if kind == CONTENT:
        stated["split"] = ""  # photographs belong to no split
    if stated["split"] and stated["split"] not in SPLITS:
        raise ValueError(f'the split of {place} is "{stated["split"]}"; it must be one of {", ".join(SPLITS)}')
    if stated["sha256"] and not SHA256.fullmatch(stated["sha256"]):
        raise ValueError(f"the sha256 of {place} is not 64 hexadecimal digits")
    for column, length in OPTIONAL.items():
        if len(stated[column]) > length:
            raise ValueError(f"the {column} of {place} is longer than {length} characters")
    metadata = {column: value for column, value in row.items() if value and column not in {*REQUIRED, *OPTIONAL}}
    if kind == CONTENT and category:
        metadata["category"] = category
    return Entry(
        kind, "" if kind == CONTENT else category, root / place, place, **stated, metadata={"path": place} | metadata
    )


def find_formula(text: str) -> str:
    """Why a text must not stand in a table that spreadsheet programs open: they run what looks like a formula.

    Empty where it may. Names are refused rather than changed in an export, so that all tables name the same thing.
    """
    return f'begins with "{text[0]}", which spreadsheets take for a formula; rename it' if text[:1] in FORMULA else ""


def _clean(text: str) -> str:
    """One way to write one name: composed characters, no blanks around."""
    return unicodedata.normalize("NFC", text).strip()
