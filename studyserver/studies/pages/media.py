"""Stored sounds and pictures: content-addressed, immutable, with byte ranges, straight from the default storage.

An address is the file's sha256 and suffix and tells nothing else. Only files that a row knows are served, so the
address space is exactly what was imported or generated. Of a sound, title, artist and the like are blanked on the way
(`generation.files.tags`); the address names the file as it is stored. Browsers seek in sounds by asking for ranges (RFC
9110, section 14): a single range is answered with 206, one beyond the end with 416, anything else with the whole file.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from generation import media
from generation.files import Patch, apply_patches, find_patches
from generation.models import Artwork, Clip, Content, Stimulus

CONTENT_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg"}
CONTENT_TYPES |= dict.fromkeys((".ogg", ".oga", ".opus"), "audio/ogg")
CONTENT_TYPES |= {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
CHUNK = 64 * 1024
ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


@require_safe
def serve_media(request: HttpRequest, sha256: str, suffix: str) -> HttpResponseBase:
    """Answer GET or HEAD for the file with this hash; 404 unless a row knows it."""
    content_type = CONTENT_TYPES.get(suffix)
    name = media.address(sha256, suffix)
    if content_type is None or not is_known(sha256, name):
        raise Http404("There is no such file.")
    etag = f'"{sha256}"'
    if etag in request.headers.get("If-None-Match", ""):
        return _finish(HttpResponse(status=304), etag)
    try:
        size = default_storage.size(name)
        wanted = find_range(request.headers.get("Range", ""), size)
        # A range is only worth something for the same bytes; a stale condition gets the whole file.
        if request.headers.get("If-Range", etag) != etag:
            wanted = None
        if wanted == ():
            refusal = HttpResponse(status=416, content_type=content_type)
            refusal["Content-Range"] = f"bytes */{size}"
            return _finish(refusal, etag)
        file = default_storage.open(name, "rb")
    except FileNotFoundError as error:
        raise Http404("The file is missing from the storage.") from error
    patches = find_patches(cast(BinaryIO, file)) if content_type.startswith("audio/") else []
    file.seek(0)
    if not wanted:
        whole = (
            StreamingHttpResponse(read_part(file, 0, size - 1, patches), content_type=content_type)
            if patches
            else FileResponse(file, content_type=content_type)
        )
        whole["Content-Length"] = str(size)
        return _finish(whole, etag)
    start, end = wanted
    part = StreamingHttpResponse(read_part(file, start, end, patches), status=206, content_type=content_type)
    part["Content-Range"] = f"bytes {start}-{end}/{size}"
    part["Content-Length"] = str(end - start + 1)
    return _finish(part, etag)


def is_known(sha256: str, name: str) -> bool:
    """Whether any row holds this file."""
    rows = [
        model.objects.filter(sha256=sha256, file=name).order_by().values("pk") for model in (Clip, Content, Artwork)
    ]
    rows.append(Clip.objects.filter(played_sha256=sha256, played_file=name).order_by().values("pk"))
    return Stimulus.objects.filter(sha256=sha256, file=name).order_by().values("pk").union(*rows).exists()


def find_range(header: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """First and last byte asked for; None: the whole file; (): nothing of it exists."""
    match = ONE_RANGE.match(header.strip())
    if not match or match[1] == match[2] == "":
        return None
    first, last = (_place(digits) for digits in match.groups())
    if first is None:
        length = min(last or 0, size)
        return (size - length, size - 1) if length else ()
    if last is not None and last < first:
        return None
    return (first, size - 1 if last is None else min(last, size - 1)) if first < size else ()


def _place(digits: str) -> int | None:
    """A number of bytes; a browser may state any, Python reads no more than 4,300 digits, and no file is that long."""
    digits = digits.lstrip("0") or digits[:1]
    return int(digits) if 0 < len(digits) < len(str(sys.maxsize)) else sys.maxsize if digits else None


def read_part(file: File, start: int, end: int, patches: Sequence[Patch]) -> Iterator[bytes]:
    """The bytes from `start` to `end`, both included, in chunks, with what is put over them; closes the file."""
    with file:
        file.seek(start)
        while start <= end and (chunk := file.read(min(CHUNK, end - start + 1))):
            yield apply_patches(chunk, patches, start=start)
            start += len(chunk)


def _finish(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
