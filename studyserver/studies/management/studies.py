"""What the commands on studies share."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from studyserver.studies.errors import LaunchRefused, StudyError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what the domain refuses into one clear line and a non-zero exit."""
    try:
        yield
    except StudyError as error:
        if isinstance(error, LaunchRefused):
            known = [sentence for _, sentence in error.asked]
            missing = [sentence for sentence in error.problems if sentence not in known]
            asked = [f"{sentence} To open all the same: --accept {name}" for name, sentence in error.asked]
            raise CommandError("\n  ".join(["The study cannot open:", *missing, *asked])) from error
        raise CommandError(str(error)) from error


def add_accept(parser: CommandParser) -> None:
    """Let somebody say yes to findings of the launch checks."""
    parser.add_argument(
        "--accept",
        nargs="+",
        action="extend",
        default=[],
        metavar="FINDING",
        help="open in spite of a finding that needs consent, by its name; logged, and printed in every report",
    )


def who() -> str:
    """Name for the study's log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def progress(*, total: int | None, unit: str, verbosity: int) -> "tqdm[None]":
    """A progress bar on stderr; off when that is no terminal, or at verbosity 0."""
    return tqdm(total=total, unit=f" {unit}", disable=None if verbosity else True)
