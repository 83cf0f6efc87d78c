"""What a launch check finds, and how it says so."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NAMED_AT_MOST = 5  # names listed in one finding before "and N more"


@dataclass(frozen=True)
class Finding:
    """One thing that is missing (error), needs somebody's consent, or is doubtful (warning): what it is, what to do.

    `name` is what consent is given by on the command line; several findings of a study may share it.
    """

    level: Literal["error", "consent", "warning"]
    what: str
    mend: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"

    @property
    def key(self) -> str:
        """What a tick says yes to: this very sentence, so that yes to four clips is none to five."""
        return f"{self.name}-{hashlib.sha256(str(self).encode()).hexdigest()[:12]}"


def error(what: str, mend: str) -> Finding:
    """A finding that stops the launch."""
    return Finding("error", what, mend)


def consent(name: str, what: str, mend: str) -> Finding:
    """A finding that stops the launch until somebody says, by name, that the study shall open all the same."""
    return Finding("consent", what, mend, name)


def warning(what: str, mend: str) -> Finding:
    """A finding that a researcher should know."""
    return Finding("warning", what, mend)


def named(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = len(names) - NAMED_AT_MOST
    listed = ", ".join(f"“{name}”" for name in names[:NAMED_AT_MOST])
    return f"{listed} and {more} more" if more > 0 else listed
