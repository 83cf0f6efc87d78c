"""What a name is and how tables of other programs are read: as in analysis, which loads nothing for it."""

from django.utils.text import slugify

from analysis.names import (
    AS_BLANKS,
    BREAKS,
    MISSING,
    NameProblem,
    check_text,
    clean_name,
    find_change,
    find_formula,
    group_alike,
    is_no_text,
    read_name,
    show_text,
    tidy,
)
from analysis.spreadsheets import (
    GUARDED,
    MARK,
    SheetProblem,
    SheetWriter,
    cell,
    decode,
    encode,
    guard,
    is_missing,
    read_records,
    read_sheet,
)

__all__ = [
    "AS_BLANKS",
    "BREAKS",
    "GUARDED",
    "MARK",
    "MISSING",
    "NameProblem",
    "SheetProblem",
    "SheetWriter",
    "cell",
    "check_text",
    "clean_name",
    "decode",
    "encode",
    "find_change",
    "find_formula",
    "group_alike",
    "guard",
    "is_missing",
    "is_no_text",
    "is_short_name",
    "read_name",
    "read_records",
    "read_sheet",
    "show_text",
    "tidy",
]


def is_short_name(name: str) -> bool:
    """Whether it can name a dataset, a set or a run: up to 80 letters, digits, - and _, none of them at its ends."""
    return len(name) <= 80 and name.isascii() and bool(name) and slugify(name) == name.lower()
