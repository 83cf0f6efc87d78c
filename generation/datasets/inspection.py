"""Looks at one media file before it may enter a dataset: hash, format, and every sample and pixel decoded once."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from generation.datasets.entries import read_below
from generation.datasets.manifest import AUDIO, Entry
from generation.errors import AudioError, ImageError, MediaFileError
from generation.files import Sound, decode_picture, find_look, judge_sound
from generation.media import sha256_of

# One patch of the tagger that hears the music; a person cannot judge music in less either.
MIN_CLIP_S = 3.0
# A file's bytes are held in memory while it is looked into; its samples and pixels are read in parts.
# The networks that look at images reduce them 32-fold; smaller sides leave them nothing but borders.
MIN_SIDE = 64


@dataclass(frozen=True)
class Inspected:
    """A usable file. Of sound files it is known what is heard of them, of images the size (pixels) and a look.

    sha256 is that of the file that is stored, original_sha256 that of the listed one where it is another.
    """

    entry: Entry
    sha256: str
    suffix: str = ""
    sound: Sound | None = None
    width: int = 0
    height: int = 0
    original_sha256: str = ""
    look: str = ""


def inspect_file(entry: Entry, *, root: Path, known: Mapping[str, str]) -> Inspected:
    """Read a listed file to its end and return what it is; files whose hash is `known` are not decoded again.

    known: hash of a file that was imported before -> hash of the file that is stored for it.
    Raises MediaFileError with the reason when the file cannot be used.
    """
    data = read_below(entry.path, root)
    sha256 = sha256_of(data)
    if entry.sha256 and entry.sha256 != sha256:
        raise MediaFileError(f"its sha256 is {sha256[:12]}..., but {entry.sha256[:12]}... is stated: not the same file")
    if sha256 in known:
        return Inspected(entry, known[sha256])
    return _inspect_sound(entry, data, sha256) if entry.kind == AUDIO else _inspect_image(entry, data, sha256)


def _inspect_sound(entry: Entry, data: bytes, sha256: str) -> Inspected:
    sound = judge_sound(BytesIO(data), loudness=True)
    refuse_short(sound.seconds)
    return Inspected(entry, sha256, sound.suffix, sound)


def refuse_short(seconds: float, where: str = "") -> None:
    """AudioError for sound of fewer seconds than a clip needs, with a figure that is below that too."""
    if seconds < MIN_CLIP_S:
        shown = f"{seconds:.1f}" if round(seconds, 1) < MIN_CLIP_S else f"{min(seconds, MIN_CLIP_S - 0.001):.3f}"
        raise AudioError(f"is too short: {shown} s{where}, at least {MIN_CLIP_S:g} s are needed")


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
