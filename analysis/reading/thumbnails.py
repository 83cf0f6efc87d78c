"""Small pictures of a stimulus set for reports: a zip file with index.json and one JPEG for each picture.

index.json: schema, set, side (longest side in pixels), rule (how the pictures were chosen, in words), available (number
of images by category) and images, each with image (id), category, clip, index, file, sha256, width and height.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import EmbeddingsError
from analysis.names import read_name

SCHEMA = "paragone-thumbnails/1"
INDEX = "index.json"
KEYS = ("image", "category", "clip", "file", "sha256", "width", "height")
# A picture of 160 pixels needs about six kilobytes; more than this is no thumbnail.
MOST_BYTES = 200_000
MOST_PICTURES = 5_000


@dataclass(frozen=True)
class Thumbnails:
    """Contents of one file: its index, and the JPEG bytes by their sha256."""

    index: Mapping[str, Any]
    jpegs: Mapping[str, bytes]
    sha256: str


def read_thumbnails(path: Path | str) -> Thumbnails:
    """Read a thumbnails file.

    Raises:
        EmbeddingsError: one line that names the file and what is wrong in it.
    """
    path = Path(path)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read(INDEX))
            if (
                not isinstance(index, dict)
                or index.get("schema") != SCHEMA
                or not isinstance(index.get("images"), list)
            ):
                raise EmbeddingsError(f"{path}: {INDEX} is not of the form {SCHEMA}; write the file again")
            index = _with_tidy_names(index)
            jpegs = dict(_read_picture(archive, entry, path) for entry in index["images"][:MOST_PICTURES])
    except OSError as error:
        raise EmbeddingsError(f"{path}: cannot be read ({error.strerror})") from error
    except EmbeddingsError:
        raise
    except Exception as error:  # a zip file that is damaged fails in many ways
        says = str(error) or type(error).__name__
        raise EmbeddingsError(f"{path}: is not a readable thumbnails file ({says}); write it again") from error
    return Thumbnails(index, jpegs, digest)


def _with_tidy_names(index: dict[str, Any]) -> dict[str, Any]:
    images = [
        {**entry, "category": read_name(str(entry["category"]))} if isinstance(entry, dict) and "category" in entry
        else entry
        for entry in index["images"]
    ]  # fmt: skip
    available = {read_name(str(name)): count for name, count in dict(index.get("available") or {}).items()}
    return {**index, "images": images, "available": available}


def _read_picture(archive: zipfile.ZipFile, entry: Any, path: Path) -> tuple[str, bytes]:
    if not isinstance(entry, dict) or any(key not in entry for key in KEYS):
        raise EmbeddingsError(f"{path}: an entry of {INDEX} lacks one of {', '.join(KEYS)}; write the file again")
    info = archive.getinfo(str(entry["file"]))
    if info.file_size > MOST_BYTES:
        raise EmbeddingsError(
            f"{path}: {entry['file']} has {info.file_size} bytes, more than a thumbnail's {MOST_BYTES}"
        )
    data = archive.read(info)
    if hashlib.sha256(data).hexdigest() != entry["sha256"] or not data.startswith(b"\xff\xd8"):
        raise EmbeddingsError(f"{path}: {entry['file']} is not the JPEG picture that {INDEX} names")
    return entry["sha256"], data


def shown_images(thumbnails: Thumbnails, categories: Sequence[str] | None = None) -> dict[str, Any]:
    """What a grid shows of these categories (all, where None), without the pictures' bytes; for JSON."""
    index = thumbnails.index
    available = dict(index.get("available") or {})
    order = list(categories) if categories is not None else list(available)
    return {
        "set": index.get("set"),
        "sha256": thumbnails.sha256,
        "rule": str(index.get("rule", "")),
        "categories": {
            name: {
                "available": int(available.get(name, 0)),
                "shown": [{key: entry[key] for key in KEYS} for entry in index["images"] if entry["category"] == name],
            }
            for name in order
        },
    }


def all_jpegs(paths: Sequence[Path]) -> dict[str, bytes]:
    """JPEG bytes of several files by their sha256."""
    return {digest: data for path in paths for digest, data in read_thumbnails(path).jpegs.items()}
