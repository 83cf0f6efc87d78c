"""The kinds of trials whose companion table, `<kind>.csv` beside responses.csv, a report sums up.

The names are those of the kinds of trials that export a table; answers to boards are in responses.csv and need none.
Modules are loaded when asked for.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import pandas as pd

from analysis.errors import AnalysisError, ResponsesError
from analysis.names import read_name
from analysis.spreadsheets import SheetProblem, read_sheet

KINDS: dict[str, str] = {}
"""Name -> module with the names of `KindModule`."""
SHARED = ("arm", "participant", "session", "block")
"""Columns that such a table has in common with responses.csv."""


class KindModule(Protocol):
    """What the module of a kind has to have."""

    TITLE: str
    """Heading of its section of a report."""

    def summarise(self, table: pd.DataFrame, study: Mapping[str, Any]) -> dict[str, Any]:
        """Every number that its section shows: JSON values, None for what does not exist.

        `table` holds every cell as text ("" where there is no value), `study` is study.json. Raises AnalysisError.
        """

    def parts(self, summary: Mapping[str, Any]) -> Iterable[Any]:
        """Its section below the heading, of parts as `analysis.render.parts` names them."""


def find_kind(name: str) -> KindModule:
    """The module of the kind called `name`; raises AnalysisError, which lists those that are known."""
    if name not in KINDS:
        known = ", ".join(KINDS) or "none"
        raise AnalysisError(f"There is no kind of trial “{name}” with a section of its own; known: {known}.")
    return cast(KindModule, import_module(KINDS[name]))


def find_tables(folder: Path) -> dict[str, Path]:
    """The companion tables that lie in a folder, by kind."""
    return {name: path for name in KINDS if (path := folder / f"{name}.csv").is_file()}


def summarise_tables(tables: Mapping[str, Path], study: Mapping[str, Any]) -> dict[str, Any]:
    """What each kind says of its table, by kind. Raises AnalysisError for a file that is no table."""
    return {name: find_kind(name).summarise(_read(path), study) for name, path in tables.items()}


def _read(path: Path) -> pd.DataFrame:
    try:
        sheet = read_sheet(path.read_bytes(), columns=SHARED)
    except OSError as error:
        raise ResponsesError(f"{path}: cannot be read ({error.strerror}).") from None
    except SheetProblem as error:
        raise ResponsesError(f"{path}: not a table: it {error}.") from None
    if not sheet.header:
        raise ResponsesError(f"{path}: not a table: the file is empty.")
    rows = [[read_name(text) for text in row] for row in sheet.rows]
    return pd.DataFrame(rows, columns=sheet.header, dtype=str)
