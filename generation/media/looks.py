"""Looks of pictures that were stored before looks were kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.core.files.storage import default_storage

from generation.errors import ImageError
from generation.files import decode_image, find_look
from generation.models import Artwork, Stimulus
from generation.progress import Progress, quietly


@dataclass(frozen=True)
class FoundLooks:
    """What `fill_looks` did: rows written, rows of open or closed studies left alone, and files that are not read."""

    written: int
    frozen: int
    unreadable: list[str]


def fill_looks(progress: Progress = quietly) -> FoundLooks:
    """Work out the looks of all stored stimuli and artworks that have none; each file is read once.

    Stimuli that an opened study shows keep what they have: their looks decide which of them share a board.
    """
    lacking = Stimulus.objects.filter(look="")
    opened = lacking.filter(set__arms__isnull=False).exclude(set__arms__study__status="draft")
    frozen = set(opened.values_list("pk", flat=True))
    groups = (lacking.exclude(pk__in=frozen), Artwork.objects.filter(look=""))
    files = sorted({str(name) for rows in groups for name in rows.values_list("file", flat=True)})
    looks = dict(progress(_looks_of(files), "Looking at pictures", len(files)))
    written = sum(
        rows.filter(file=name, look="").update(look=look) for rows in groups for name, look in looks.items() if look
    )
    return FoundLooks(written, len(frozen), [name for name, look in looks.items() if not look])


def _looks_of(files: list[str]) -> Iterator[tuple[str, str]]:
    """(storage name, look); the look is empty where the file cannot be read."""
    for name in files:
        try:
            with default_storage.open(name) as file:
                yield name, find_look(decode_image(BytesIO(file.read())))
        except (OSError, ImageError):
            yield name, ""
