"""Small pictures of a stimulus set for reports: a zip file with index.json and a JPEG for each. Pillow only."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from django.core.files.storage import default_storage
from PIL import Image

from generation.errors import ImageError
from generation.files import decode_image, zip_bytes
from generation.models import Stimulus

SCHEMA = "paragone-thumbnails/1"
SIDE = 160  # pixels; about six kilobytes a picture
PER_CATEGORY = 10
QUALITY = 80
RULE = "The first image of each clip before any second one, clips in the order of their files' hashes."


def thumbnails_of(stimuli: Sequence[Stimulus], *, set_name: str, per_category: int = PER_CATEGORY) -> bytes:
    """The zip file of at most `per_category` pictures of each category; equal images give equal bytes.

    Pictures whose file is missing or damaged are left out and counted. Needs `category` and `clip` of every row.
    """
    images: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    unreadable = 0
    for row in _choose(stimuli, per_category):
        try:
            data, size = _shrink(str(row.file.name))
        except (OSError, ImageError):
            unreadable += 1
            continue
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest[:16]}.jpg"
        pictures[name] = data
        images.append(
            {
                "image": row.sha256,
                "category": row.category.name,
                "clip": row.clip.sha256,
                "index": row.index,
                "file": name,
                "sha256": digest,
                "width": size[0],
                "height": size[1],
            }
        )
    index = {
        "schema": SCHEMA,
        "set": set_name,
        "side": SIDE,
        "rule": RULE,
        "unreadable": unreadable,
        "available": dict(Counter(row.category.name for row in stimuli)),
        "images": images,
    }
    return zip_bytes(
        {"index.json": json.dumps(index, ensure_ascii=False, indent=1).encode(), **dict(sorted(pictures.items()))}
    )


def _choose(stimuli: Iterable[Stimulus], per_category: int) -> list[Stimulus]:
    """Rows in the order of the rule, at most so many of each category; categories in the order in which they come."""
    by_category: dict[str, list[Stimulus]] = {}
    for row in stimuli:
        by_category.setdefault(row.category.name, []).append(row)
    return [
        row
        for rows in by_category.values()
        for row in sorted(rows, key=lambda row: (row.index, row.clip.sha256, row.pk or 0))[:per_category]
    ]


def _shrink(name: str) -> tuple[bytes, tuple[int, int]]:
    """A stored image as a small JPEG, pixels alone, and its size."""
    with default_storage.open(name) as file:
        image = decode_image(BytesIO(file.read()))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, format="JPEG", quality=QUALITY)
    return buffer.getvalue(), image.size
