"""Contact sheets of a set."""

from pathlib import Path

from django.conf import settings as site
from django.core.files.storage import default_storage

from generation.errors import StimulusSetError
from generation.files import COLUMNS, SheetImage, draw_sheet, write_durably
from generation.models import Category, Stimulus, StimulusSet


def set_folder(name: str) -> Path:
    """Where contact sheets and embeddings of a set lie."""
    return Path(site.SETS_ROOT) / name


def write_contact_sheets(stimulus_set: StimulusSet) -> list[Path]:
    """SETS_ROOT/<set>/contact-<category>.png: clips by hash, image by image; hash and index below each."""
    sheets = []
    for category in Category.objects.filter(stimuli__set=stimulus_set).distinct():
        rows = stimulus_set.stimuli.filter(category=category).select_related("clip").order_by("clip__sha256", "index")
        images = [SheetImage(read_stored(str(row.file)), _caption(row)) for row in rows]
        per_clip = max(row.index for row in rows) + 1
        path = set_folder(stimulus_set.name) / f"contact-{category.slug}.png"
        write_durably(path, draw_sheet(images, columns=per_clip if 1 < per_clip <= COLUMNS else COLUMNS))
        sheets.append(path)
    return sheets


def _caption(row: Stimulus) -> str:
    return f"{row.clip.sha256[:12]} {row.index}{' safety alarm' if row.safety_alarm else ''}"


def read_stored(name: str) -> bytes:
    """Bytes of a stored file; StimulusSetError names one that is gone."""
    try:
        with default_storage.open(name) as file:
            return file.read()
    except FileNotFoundError as error:
        raise StimulusSetError(f"The image {name} is missing from the storage.") from error
