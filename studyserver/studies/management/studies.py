"""What the commands on studies share."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from tqdm import tqdm

from studyserver.studies.errors import LaunchRefused, StudyError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what the domain refuses into one clear line and a non-zero exit."""
    try:
        yield
    except StudyError as error:
        if isinstance(error, LaunchRefused):
            raise CommandError("\n  ".join(["The study cannot open:", *error.problems])) from error
        raise CommandError(str(error)) from error


def who() -> str:
    """Name for the study's log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def progress(*, total: int | None, unit: str, verbosity: int) -> "tqdm[None]":
    """A progress bar on stderr; off when that is no terminal, or at verbosity 0."""
    return tqdm(total=total, unit=f" {unit}", disable=None if verbosity else True)
