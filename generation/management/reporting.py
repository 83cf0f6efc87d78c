"""What can go wrong between files, memory and database, as the one line that a command ends with."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError

from generation.errors import GenerationError, first_line, is_out_of_memory

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
        return f"The database cannot be used ({error}). Make room on its disk, or see that it runs, and {GO_ON}"
    if is_out_of_memory(error):
        return f"Out of memory ({first_line(error)}): end other programs or take a smaller batch size, and {GO_ON}"
    if isinstance(error, OSError):
        name = f"{error.filename} " if error.filename else "A file "
        return f"{name}cannot be written or read ({error.strerror or error}). Make room or mend the disk and {GO_ON}"
    return None
