"""What a column of an exported table means; dictionaries, docs and checks all come from such descriptions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of an exported table. `empty` says when a cell has no value; "never" where it always has one."""

    name: str
    type: str  # text, integer or boolean (1 or 0)
    unit: str
    range: str
    empty: str
    meaning: str
