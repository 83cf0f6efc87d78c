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

KINDS: dict[str, str] = {}
"""Name -> module with the names of `KindModule`."""


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
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ResponsesError(f"{path}: not a table: {error}") from None
