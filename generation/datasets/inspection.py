"""Looks at one media file before it may enter a dataset: hash, format, and every sample and pixel decoded once."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from generation.datasets.manifest import AUDIO, Entry
from generation.errors import AudioError, ImageError, MediaFileError
from generation.files import decode_audio, decode_picture, find_audio_suffix, find_look
from generation.media import sha256_of

# One patch of the tagger that hears the music; a person cannot judge music in less either.
MIN_CLIP_S = 3.0
# Below -60 dBFS a clip is silence to a participant.
MIN_PEAK = 1e-3
# The networks that look at images reduce them 32-fold; smaller sides leave them nothing but borders.
MIN_SIDE = 64


@dataclass(frozen=True)
class Inspected:
    """A usable file. Sound files have a duration (s) and sample rate (Hz), images a size (pixels) and a look.

    sha256 is that of the file that is stored, original_sha256 that of the listed one where it is another.
    """

    entry: Entry
    sha256: str
    suffix: str = ""
    duration: float = 0.0
    sample_rate: int = 0
    width: int = 0
    height: int = 0
    original_sha256: str = ""
    look: str = ""


def inspect_file(entry: Entry, *, root: Path, known: Mapping[str, str]) -> Inspected:
    """Read a listed file to its end and return what it is; files whose hash is `known` are not decoded again.

    known: hash of a file that was imported before -> hash of the file that is stored for it.
    Raises MediaFileError with the reason when the file cannot be used.
    """
    data = _read_bytes(entry, root)
    sha256 = sha256_of(data)
    if entry.sha256 and entry.sha256 != sha256:
        raise MediaFileError(f"its sha256 is {sha256[:12]}..., but {entry.sha256[:12]}... is stated: not the same file")
    if sha256 in known:
        return Inspected(entry, known[sha256])
    return _inspect_sound(entry, data, sha256) if entry.kind == AUDIO else _inspect_image(entry, data, sha256)


def _read_bytes(entry: Entry, root: Path) -> bytes:
    try:
        path = entry.path.resolve(strict=True)
        if not path.is_relative_to(root.resolve()):
            raise MediaFileError("lies outside the dataset's folder")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MediaFileError("is missing") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise MediaFileError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not data:
        raise MediaFileError("is empty")
    return data


def _inspect_sound(entry: Entry, data: bytes, sha256: str) -> Inspected:
    suffix = find_audio_suffix(BytesIO(data))
    samples, rate = decode_audio(BytesIO(data))
    seconds = len(samples) / rate
    if seconds < MIN_CLIP_S:
        raise AudioError(f"is too short: {seconds:.1f} s, at least {MIN_CLIP_S:.0f} s are needed")
    if np.abs(samples).max() < MIN_PEAK:
        raise AudioError("is silent")
    return Inspected(entry, sha256, suffix, duration=seconds, sample_rate=rate)


def _inspect_image(entry: Entry, data: bytes, sha256: str) -> Inspected:
    picture = decode_picture(BytesIO(data))
    width, height = picture.image.size
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"is too small: {width} x {height} pixels, at least {MIN_SIDE} each way are needed")
    stored = sha256_of(picture.data)
    original = "" if stored == sha256 else sha256
    return Inspected(
        entry,
        stored,
        picture.suffix,
        width=width,
        height=height,
        original_sha256=original,
        look=find_look(picture.image),
    )
