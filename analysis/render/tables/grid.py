"""Tables of plain values and their two file formats: CSV (empty where a value does not exist) and Parquet (null)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, util
from typing import Any

from analysis.render.tables.columns import Column


@dataclass(frozen=True)
class Grid:
    """A table of plain values: names of columns, rows of numbers, words, booleans or None."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def csv_text(grid: Grid) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(grid.columns)
    writer.writerows(["" if value is None else value for value in row] for row in grid.rows)
    return buffer.getvalue()


def parquet_available() -> bool:
    """Whether the package pyarrow (extra `analysis`) is installed."""
    return util.find_spec("pyarrow") is not None


def parquet_bytes(grid: Grid, columns: Mapping[str, Column]) -> bytes:
    """The table as Parquet, each column of the type that `columns` gives it whatever its values."""
    pyarrow = import_module("pyarrow")
    parquet = import_module("pyarrow.parquet")
    kinds = {
        "text": pyarrow.string(), "integer": pyarrow.int64(), "number": pyarrow.float64(), "boolean": pyarrow.bool_(),
    }  # fmt: skip
    arrays = [
        pyarrow.array([row[i] for row in grid.rows], type=kinds[columns[name].type])
        for i, name in enumerate(grid.columns)
    ]
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(grid.columns)), buffer)
    return buffer.getvalue()
