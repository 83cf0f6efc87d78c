"""Tables of plain values and their two file formats: CSV (empty where a value does not exist) and Parquet (null)."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, util
from typing import Any

from analysis.spreadsheets import SheetWriter, guard


@dataclass(frozen=True)
class Column:
    """Type (text, integer, number or boolean) and meaning of a column."""

    type: str
    meaning: str


@dataclass(frozen=True)
class Grid:
    """A table of plain values: columns by name, rows of numbers, words, booleans or None."""

    columns: Mapping[str, Column]
    rows: list[tuple[Any, ...]]


def csv_text(grid: Grid) -> str:
    """The table as CSV that no spreadsheet runs."""
    buffer = io.StringIO()
    writer = SheetWriter(buffer)
    writer.write(grid.columns)
    for row in grid.rows:
        writer.write(map(_cell, row))
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guard(value)
    return "" if value is None else value


def parquet_available() -> bool:
    """Whether the package pyarrow (extra `analysis`) is installed."""
    return util.find_spec("pyarrow") is not None


def parquet_bytes(grid: Grid) -> bytes:
    """The table as Parquet, each column of its own type whatever its values."""
    pyarrow = import_module("pyarrow")
    parquet = import_module("pyarrow.parquet")
    kinds = {
        "text": pyarrow.string(), "integer": pyarrow.int64(), "number": pyarrow.float64(), "boolean": pyarrow.bool_(),
    }  # fmt: skip
    arrays = [
        pyarrow.array([row[i] for row in grid.rows], type=kinds[column.type])
        for i, column in enumerate(grid.columns.values())
    ]
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(grid.columns)), buffer)
    return buffer.getvalue()
