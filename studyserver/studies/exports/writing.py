"""Files of an export: CSV cells, hashes, manifest."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from generation.names import MARK, SheetWriter, cell
from studyserver.studies.columns import Column

OnRow = Callable[[], object] | None
"""Called after each row, to show progress."""


def write_rows(
    rows: Iterable[object], columns: Sequence[Column], path: Path, *, on_row: OnRow = None, bom: bool = False
) -> int:
    """Write rows as CSV (UTF-8, comma, one header line); booleans as 1 and 0, no value as an empty cell.

    No spreadsheet runs a cell (`analysis.spreadsheets.cell`); `bom`: a byte-order mark stands in front, by which Excel
    knows UTF-8. Returns how many rows were written. The file appears whole or not at all.
    """
    names = [column.name for column in columns]
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(MARK * bom)
        writer = SheetWriter(file)
        writer.write(names)
        for row in rows:
            writer.write(cell(getattr(row, name)) for name in names)
            count += 1
            if on_row:
                on_row()
    part.replace(path)
    return count


def manifest_of(files: Iterable[Path], *, rows: int) -> dict[str, Any]:
    """manifest.json: row count of the responses, size and sha256 of every file."""
    return {
        "schema": "paragone-manifest/1",
        "rows": rows,
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": hash_file(path)}
            for path in sorted(files, key=lambda path: path.name)
        },
    }


def hash_file(path: Path) -> str:
    """sha256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(document: dict[str, Any]) -> str:
    """Readable JSON in the given order; a value that JSON does not know (NaN) is an error."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
