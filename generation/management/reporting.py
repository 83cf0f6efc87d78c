"""What can go wrong between files, memory and database, as the one line that a command ends with."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError

from generation.errors import GenerationError, explain_os_error, first_line, is_out_of_memory

GO_ON = "start again: what was written before stays, and the work goes on from there."


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Errors of ours, of the file system, of memory and of the database inside the block become a CommandError.

    Anything else is a mistake in the code and keeps its traceback.
    """
    try:
        yield
    except Exception as error:
        if (line := explain(error)) is None:
            raise
        raise CommandError(line) from error


def explain(error: Exception) -> str | None:
    """The line for an error; None when it is none of those."""
    if isinstance(error, GenerationError):
        return str(error)
    if isinstance(error, OperationalError):
        return f"The database cannot be used ({first_line(error)}). {_remedy(str(error))} and {GO_ON}"
    if is_out_of_memory(error):
        return f"Out of memory ({first_line(error)}): end other programs or take a smaller batch size, and {GO_ON}"
    if isinstance(error, OSError):
        return f"{explain_os_error(error, str(error.filename or 'A file'))} and {GO_ON}"
    return None


def _remedy(error: str) -> str:
    """What to do about what a database says in its own words."""
    remedies = {
        "is full": "Make room on its disk",
        "No space left": "Make room on its disk",
        "locked": "Wait until no other program writes to it",
        "no such table": "Bring it up to date (manage.py migrate)",
        "does not exist": "Bring it up to date (manage.py migrate)",
    }
    return next((remedy for words, remedy in remedies.items() if words in error), "See that it runs and can be written")
