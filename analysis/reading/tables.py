"""CSV tables from elsewhere as frames of texts, and how messages name their cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import ResponsesError
from analysis.names import read_name
from analysis.spreadsheets import SheetProblem, is_missing, read_sheet


@dataclass(frozen=True)
class Table:
    """Where rows come from, for messages: the file, and on which of its lines each row begins."""

    name: str
    lines: Sequence[int] | None = None

    def at(self, row: int, column: object) -> str:
        """The beginning of a message on a cell; without lines the header is taken for line 1."""
        line = row + 2 if self.lines is None else self.lines[row]
        return f"{self.name}, line {line}, column '{column}'"


def read_table(path: Path, *, columns: Sequence[str]) -> tuple[pd.DataFrame, Table]:
    """A CSV file as texts, rows without any left out. Raises FileNotFoundError; ResponsesError for what is no table."""
    try:
        sheet = read_sheet(path.read_bytes(), columns=columns)
    except SheetProblem as error:
        raise ResponsesError(f"{path}: not a table: it {error}.") from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ResponsesError(f"{path}: cannot be read ({error.strerror}).") from None
    if not sheet.header:
        raise ResponsesError(f"{path}: not a table: the file is empty; a header line with the column names is needed.")
    filled = [any(row) for row in sheet.rows]
    rows = [row for row, kept in zip(sheet.rows, filled, strict=True) if kept]
    lines = [line for line, kept in zip(sheet.lines, filled, strict=True) if kept]
    return pd.DataFrame(rows, columns=sheet.header, dtype=object), Table(str(path), lines)


def read_names(values: pd.Series, *, may_lack: bool) -> pd.Series:
    """Names as they are read; where one may be lacking, words for no value are none."""
    texts = values.astype("string").fillna("").astype(object)
    read = {text: read_name(text) for text in pd.unique(texts)}
    return texts.map({text: "" if may_lack and is_missing(name) else name for text, name in read.items()})


def read_each(values: pd.Series, read: Callable[[str], Any], *, source: Table, otherwise: str = "") -> pd.Series:
    """What `read` makes of each text; a ValueError of its own words, or `otherwise`, names the first cell it is of."""
    texts = values.astype("string").fillna("").astype(object)
    found = {}
    for text in pd.unique(texts):
        try:
            found[text] = read(text)
        except ValueError as error:
            own = "thousands" in str(error) or not otherwise
            refuse_value(values, texts == text, str(error) if own else otherwise, source=source)
    return texts.map(found)


def refuse_value(values: pd.Series, wrong: pd.Series, words: str, *, source: Table) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ResponsesError(f"{source.at(row, values.name)}: {values.astype(object).iloc[row]!r} {words}.")
