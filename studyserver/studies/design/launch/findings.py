"""What a launch check finds, and how it says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NAMED_AT_MOST = 5  # names listed in one finding before "and N more"


@dataclass(frozen=True)
class Finding:
    """One thing that is missing (error) or doubtful (warning): what it is, and what to do."""

    level: Literal["error", "warning"]
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


def error(what: str, mend: str) -> Finding:
    """A finding that stops the launch."""
    return Finding("error", what, mend)


def warning(what: str, mend: str) -> Finding:
    """A finding that a researcher should know."""
    return Finding("warning", what, mend)


def named(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = len(names) - NAMED_AT_MOST
    listed = ", ".join(f"“{name}”" for name in names[:NAMED_AT_MOST])
    return f"{listed} and {more} more" if more > 0 else listed
