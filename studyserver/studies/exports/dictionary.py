"""The data dictionary: what each exported column means.

The dataclass of a table's rows says it column by column: `name: Annotated[type, Column(...)]`. The files, their
dictionaries, Parquet's types, Psych-DS' variables and docs/data-dictionary.md are made from it.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args, get_type_hints

TYPES = {str: "text", int: "integer", bool: "boolean"}


@dataclass(frozen=True)
class Column:
    """A column of an exported table. `empty` says when a cell has no value; "never" where it always has one.

    `name` and `type` (text, integer, or boolean: 1 or 0) are those of the row's field.
    """

    range: str
    meaning: str
    unit: str = ""
    empty: str = "never"
    name: str = ""
    type: str = ""


def columns_of(row: type) -> list[Column]:
    """The columns of a table, in order, from the dataclass of its rows."""
    columns = []
    for name, hint in get_type_hints(row, include_extras=True).items():
        value, column = get_args(hint)
        kind = value if value in TYPES else get_args(value)[0]  # `int | None` is an integer
        columns.append(replace(column, name=name, type=TYPES[kind]))
    return columns


def dictionary_csv(columns: Sequence[Column]) -> str:
    """The dictionary of a table as CSV text: one line for each column, in its order."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["column", "type", "unit", "range", "empty", "meaning"])
    writer.writerows([c.name, c.type, c.unit, c.range, c.empty, c.meaning] for c in columns)
    return buffer.getvalue()
