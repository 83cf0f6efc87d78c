"""What the commands on studies share."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from tqdm import tqdm

from studyserver.studies.errors import LaunchRefused, StudyError
from studyserver.studies.models import Study


def find_study(slug: str) -> Study:
    """The study of this address name; CommandError names those there are."""
    try:
        return Study.objects.get(slug=slug)
    except Study.DoesNotExist:
        there = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no study “{slug}”; there is: {there}.") from None


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
