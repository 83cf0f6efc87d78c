"""Launch checks of files: every clip and image that may be shown is there, unchanged, and opens in a browser."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from django.core.files.storage import default_storage

from generation.errors import MediaFileError
from generation.files import SoundReader, decode_picture, find_image_suffix, judge_sound
from studyserver.studies.design.launch.findings import Finding, error, warning
from studyserver.studies.design.launch.material import Material, StoredFile

# What is sent with a content type for sound (`pages.media`).
PLAYABLE = {".mp3", ".wav", ".flac", ".ogg", ".oga", ".opus"}
PLAYABLE_LATE = {".ogg", ".oga", ".opus"}  # Safari plays these only in recent versions


def check_sound_files(material: Material) -> Iterator[Finding]:
    """Every clip is present, unchanged, readable, and of a format that browsers play."""
    files = material.clip_files
    late = sorted({file.suffix for file in files} & PLAYABLE_LATE)
    if late:
        yield warning(
            f"Some clips are {', '.join(late)} files.", "Older Safari versions do not play them; MP3 is safe."
        )
    yield from _check_files(files, _sound_problem, "Clip", thorough=material.thorough)


def check_image_files(material: Material) -> Iterator[Finding]:
    """Every image is present, unchanged and readable."""
    yield from _check_files(material.image_files, _image_problem, "Image", thorough=material.thorough)


# Files are named after their content, so a header once found good is not read again for the next page.
_good_headers: set[str] = set()


def _check_files(
    files: Sequence[StoredFile],
    problem_of: Callable[[StoredFile, bytes | None], str | None],
    noun: str,
    *,
    thorough: bool,
) -> Iterator[Finding]:
    def look(file: StoredFile) -> str | None:
        if not default_storage.exists(file.name):
            return "is missing from the storage"
        if file.name in _good_headers and not thorough:
            return None
        try:
            problem = problem_of(file, _read(file) if thorough else None)
        except OSError as reason:
            return f"cannot be read ({reason})"
        if problem is None:
            _good_headers.add(file.name)
        return problem

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        problems = [(file, problem) for file, problem in zip(files, pool.map(look, files), strict=True) if problem]
    for file, problem in problems:
        yield error(
            f"{noun} “{file.label}” ({file.name}) {problem}.",
            "Import or generate it again, or restore it from a backup.",
        )


def _read(file: StoredFile) -> bytes:
    """The file's bytes; raises OSError saying so when they are not the bytes that were stored."""
    with default_storage.open(file.name, "rb") as stored:
        data: bytes = stored.read()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise OSError("its content is not what was stored: the sha256 differs")
    return data


def _open(file: StoredFile, data: bytes | None) -> BinaryIO:
    return default_storage.open(file.name, "rb") if data is None else io.BytesIO(data)  # type: ignore[return-value]


def _sound_problem(file: StoredFile, data: bytes | None) -> str | None:
    """What is wrong with a sound file, in words; `data` None: look at its header only."""
    if file.suffix not in PLAYABLE:
        return f"is a {file.suffix or 'nameless'} file, which browsers do not play (importing makes a copy)"
    try:
        with _open(file, data) as stream:
            if data is not None:
                judge_sound(stream)
            with SoundReader(stream) as reader:
                kind, subtype, plays = reader.kind, reader.subtype, reader.is_playable or reader.is_misstated
    except MediaFileError as reason:
        return f"cannot be played: {reason}"
    if not plays:
        return f"is a {kind} file of the kind {subtype}, which browsers do not play (importing makes a copy)"
    return None


def _image_problem(file: StoredFile, data: bytes | None) -> str | None:
    """What is wrong with an image file, in words; `data` None: look at its header only."""
    try:
        if data is not None:
            decode_picture(io.BytesIO(data))
            return None
        with _open(file, None) as stream:
            find_image_suffix(stream)
            return None
    except MediaFileError as reason:
        return f"cannot be shown: {reason}"
