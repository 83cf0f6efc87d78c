"""CSV between programs: tables from elsewhere as spreadsheets, R and pandas write them, and cells that nothing runs.

Read: commas, semicolons, tabs or bars; with and without a byte-order mark; any line ends. Written: UTF-8, a byte-order
mark on request, and texts that a spreadsheet would run stand behind an apostrophe, which our readers take off again.
Standard library alone.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from analysis.names import FORMULA, MISSING, tidy

SEPARATORS = ",;\t|"
MARK = "\ufeff"
WIDE = (b"\xff\xfe", b"\xfe\xff")
# A text that spreadsheets run, behind as many apostrophes as it may have been given already.
RUNS = re.compile(rf"'*[\t\r{re.escape(FORMULA)}]")
GUARDED = re.compile(rf"'('*[\t\r{re.escape(FORMULA)}])")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\r\n]+', re.IGNORECASE)
TRUTH = {
    **dict.fromkeys(("true", "t", "1", "1.0", "1,0"), True),
    **dict.fromkeys(("false", "f", "0", "0.0", "0,0"), False),
}
# 12.000 may be twelve, or twelve thousand as half of Europe writes it.
GROUPED = re.compile(r"[-+]?\d{1,3}([.,]\d{3})+")


class SheetProblem(ValueError):
    """Why a file is not the table it should be: words that follow its name, or "it"."""


@dataclass(frozen=True)
class Sheet:
    """A table of texts: `rows` of as many cells as the header, and the `lines` of the file on which they begin."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_sheet(data: bytes, *, columns: Collection[str]) -> Sheet:
    """Read a CSV file; its separator is the one that finds most of `columns` in the header.

    Raises
    ------
    SheetProblem
        Not UTF-8, broken quotes, a row with more cells than the header, a column twice; it names the line.
    """
    records = read_records(data, columns=columns)
    _, head = next(records, (0, []))
    header = [tidy(cell) for cell in head]
    if repeated := sorted({name for name in header if name and header.count(name) > 1}):
        raise SheetProblem(f"has the column {repeated[0]} twice")
    rows, lines = [], []
    for line, cells in records:
        if any(cells[len(header) :]):
            raise SheetProblem(
                f"is uneven: row {line} has more fields than the header; check its quotes, and let R write no "
                "row names (row.names = FALSE)"
            )
        rows.append([*cells[: len(header)], *[""] * (len(header) - len(cells))])
        lines.append(line)
    return Sheet(header, rows, lines)


def read_records(data: bytes, *, columns: Collection[str]) -> Iterator[tuple[int, list[str]]]:
    """Records of any length, the header first, with the lines on which they begin; SheetProblem as `read_sheet`."""
    text = decode(data)
    first = 1
    if found := SEPARATOR_LINE.match(text):
        text, first = text[found.end() :], 2
    return _read_records(text, found[1] if found else _find_separator(text, columns), first)


def decode(data: bytes) -> str:
    """The text of a file without its byte-order mark; SheetProblem where it is not UTF-8."""
    if data.startswith(WIDE) or (data and data.count(0) * 4 > len(data)):
        raise SheetProblem("is UTF-16 text, which spreadsheets call Unicode text; save it as CSV UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetProblem(f"is not UTF-8 text (byte {error.start}, line {line}); save it as CSV UTF-8") from None


def encode(text: str, *, bom: bool) -> bytes:
    """The bytes of a file; bom: whether a byte-order mark stands in front, by which Excel knows UTF-8."""
    return (MARK * bom + text).encode()


def _find_separator(text: str, columns: Collection[str]) -> str:
    head = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    found = {separator: {tidy(cell) for cell in next(csv.reader([head], delimiter=separator), [])}
             for separator in SEPARATORS}  # fmt: skip
    best = max(SEPARATORS, key=lambda separator: len(found[separator] & set(columns)))
    if not found[best] & set(columns) and len(found[","]) == 1:
        inside = {tidy(cell) for cell in re.split(f"[{SEPARATORS}]", next(iter(found[","])))}
        if len(inside & set(columns)) > 1:
            raise SheetProblem(
                "has whole lines in quotes, as if it had one column; open it with its separator and save it again"
            )
    return best


def _read_records(text: str, separator: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins; lines without anything are none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SheetProblem(f"cannot be read from line {line} on: {_explain(str(error))}") from None
        if cells:
            yield line, [read_cell(text) for text in cells]


def _explain(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote is opened and never closed"
    if "expected after" in error:
        return "text stands behind a closing quote; quotes within a cell are doubled"
    return error


class SheetWriter:
    """Writes rows of cells as CSV with commas, each on a line that ends with a line feed."""

    def __init__(self, file: TextIO) -> None:
        self._plain = csv.writer(file, lineterminator="\n")
        # A carriage return ends a line for most readers, and Python's writer does not quote it.
        self._quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(self, cells: Iterable[Any]) -> None:
        """One row; texts have passed `cell` or `guard` where they are anybody's."""
        row = list(cells)
        broken = any(isinstance(value, str) and "\r" in value for value in row)
        (self._quoted if broken else self._plain).writerow(row)


def cell(value: Any) -> Any:
    """A value as it stands in a CSV file: booleans as 1 and 0, None as nothing, texts so that no spreadsheet runs them.

    Numbers stay what they are. `read_cell` gives every text back.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    return guard(value) if isinstance(value, str) else value


def guard(text: str) -> str:
    """A text behind an apostrophe where a spreadsheet would run it."""
    return "'" + text if RUNS.match(text) else text


def read_cell(text: str) -> str:
    """The text that `cell` and `guard` wrote."""
    return text[1:] if GUARDED.match(text) else text


def is_missing(text: str) -> bool:
    """Whether a cell says that it has no value."""
    return not text or text in MISSING


def read_truth(text: str) -> bool | None:
    """A truth value as programs write it; None where there is none. Raises ValueError."""
    if is_missing(text := tidy(text)):
        return None
    if text.lower() not in TRUTH:
        raise ValueError("is neither true nor false")
    return TRUTH[text.lower()]


def read_number(text: str) -> float | None:
    """A number as programs write it, with a point or a comma; None where there is none. Raises ValueError."""
    if is_missing(text := tidy(text)):
        return None
    if GROUPED.fullmatch(text):
        raise ValueError("may be in thousands; write it without points and commas")
    return float("" if "_" in text else text.replace(",", "." if "." not in text else ","))
