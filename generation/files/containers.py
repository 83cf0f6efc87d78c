"""Image files as containers: which format their bytes are, and the same picture without what stands beside its pixels.

What is kept decides how a browser shows the picture: pixels, palettes, transparency, colour. What goes says more
than the picture: EXIF with its places and thumbnails, XMP, comments, texts of programs, further frames, bytes behind
the end. Nothing is decoded, so no pixel changes. Pillow sees the rest alone, and stumbles over nothing else.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from generation.errors import ImageError

# So many tell a format; an SVG may begin with a long comment.
FIRST_BYTES = 4096

FORMATS = "JPEG, PNG or WebP"
# Formats that browsers show, by the names that Pillow gives them.
IMAGE_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"})
# VP8 and VP8L are the two kinds of pixels; frames of an animation stand in ANMF.
WEBP_KEPT = frozenset({b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"})
WEBP_EXIF, WEBP_XMP, WEBP_ANIMATION = 0x08, 0x04, 0x02  # flags of VP8X

# First bytes of what people take for pictures that browsers show, and of what lies in the place of files.
MAGIC = (
    (rb"\xff\xd8\xff", "JPEG"),
    (re.escape(PNG_SIGNATURE), "PNG"),
    (rb"RIFF....WEBP", "WEBP"),
    (rb"GIF8[79]a", "GIF"),
    (rb"BM", "BMP"),
    (rb"II\xbc", "JPEG XR"),
    (rb"II[*+]\x00|MM\x00[*+]", "TIFF"),
    (rb"....ftypavi[fs]", "AVIF"),
    (rb"....ftyp(?:hei|hev|mif1|msf1)", "HEIC"),
    (rb"....ftyp", "MP4, a film"),
    (rb"\x00\x00\x00\x0cJXL |\xff\x0a", "JPEG XL"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"8BPS", "PSD (Photoshop)"),
    (rb"\x00\x00[\x01\x02]\x00", "ICO"),
    (rb"%PDF", "PDF"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "EPS"),
    (rb"gimp xcf", "XCF (GIMP)"),
    (rb"v/1\x01", "OpenEXR"),
    (rb"PK\x03\x04", "ZIP"),
    (rb"version https://git-lfs", "a Git LFS pointer; fetch the file itself (git lfs pull)"),
    (rb"(?i)(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>)?\s*(?:<!--.*?-->\s*)*(?:<!doctype svg[^>]*>)?\s*<svg", "SVG"),
    (rb"(?i)(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html)", "HTML, a web page"),
)
PATTERNS = [(re.compile(pattern, re.DOTALL), name) for pattern, name in MAGIC]


class Plain(NamedTuple):
    """A picture's file without what stands beside its pixels, and how EXIF says that it is held (1 .. 8)."""

    data: bytes
    orientation: int


def find_format(data: bytes) -> str:
    """Name of the format that bytes begin as, whatever their file is called; empty when none is known."""
    return next((name for pattern, name in PATTERNS if pattern.match(data[:FIRST_BYTES])), "")


def find_suffix(data: bytes) -> str:
    """File suffix of a picture that browsers show; ImageError names other formats."""
    found = find_format(data)
    if not data:
        raise ImageError("is empty")
    if not found:
        raise ImageError(f"not a readable image (its format is not known; use {FORMATS})")
    if found not in IMAGE_SUFFIXES:
        raise ImageError(f"its format is {found}; use {FORMATS}")
    return IMAGE_SUFFIXES[found]


def strip_file(data: bytes) -> Plain:
    """The same picture without metadata, byte for byte where there is none.

    Orientation counts where browsers heed it: in JPEG and PNG. Raises ImageError for other formats and for a container
    that cannot be followed.
    """
    suffix = find_suffix(data)
    strip = {".jpg": _strip_jpeg, ".png": _strip_png, ".webp": _strip_webp}[suffix]
    try:
        return strip(data)
    except (struct.error, IndexError) as error:
        raise ImageError("not a readable image (it is cut off or damaged)") from error


def may_be_animated(data: bytes) -> bool:
    """Whether a stripped file says that it holds an animation; stripped PNG files never do."""
    return data[8:16] == b"WEBPVP8X" and bool(data[20] & WEBP_ANIMATION)


def find_orientation(exif: bytes) -> int:
    """Orientation (1 .. 8) that a TIFF block of EXIF states; 1 where it states none or cannot be followed.

    Only this one entry is looked at: other entries are often wrong, and nobody needs them to show a picture.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    try:
        if order is None:
            return 1
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(f"{order}HHIH", exif, place)
            if tag == 0x0112 and kind == 3 and length == 1:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


# A marker that is no part of compressed data: neither a stuffed zero nor a restart.
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
JPEG_EXIF = b"Exif\0\0"
START_OF_SCAN, END_OF_IMAGE, COMMENT = 0xDA, 0xD9, 0xFE


def _strip_jpeg(data: bytes) -> Plain:
    """Segments that decoders need: JFIF's header, colour profile, Adobe's colour transform, tables, frames, scans."""
    kept, orientation, place = [data[:2]], 1, 2
    while marker := MARKER.search(data, place):
        code = marker[1][0]
        if code == END_OF_IMAGE:
            kept.append(b"\xff\xd9")
            break
        (length,) = struct.unpack_from(">H", data, marker.end())
        body, place = data[marker.end() + 2 : marker.end() + length], marker.end() + length
        if code == 0xE1 and body.startswith(JPEG_EXIF) and orientation == 1:
            orientation = find_orientation(body[len(JPEG_EXIF) :])
        if (needed := _needed_segment(code, body)) is not None:
            kept.append(bytes([0xFF, code]) + struct.pack(">H", len(needed) + 2) + needed)
        if code == START_OF_SCAN:
            following = MARKER.search(data, place)
            end = following.start() if following else len(data)
            kept.append(data[place:end])
            place = end
    return Plain(b"".join(kept), orientation)


def _needed_segment(code: int, body: bytes) -> bytes | None:
    """What of a JPEG segment is kept; None for nothing."""
    if code == COMMENT:
        return None
    if not 0xE0 <= code <= 0xEF:
        return body
    if code == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return body[:12] + b"\0\0"  # without its thumbnail
    is_colour = (code == 0xE2 and body.startswith(b"ICC_PROFILE\0")) or (code == 0xEE and body.startswith(b"Adobe"))
    return body if is_colour else None


def _strip_png(data: bytes) -> Plain:
    """Chunks that decoders need; an animation keeps its first picture."""
    kept, orientation, place = [PNG_SIGNATURE], 1, len(PNG_SIGNATURE)
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        if name == b"eXIf":
            orientation = find_orientation(data[place + 8 : place + 8 + length])
        if name in PNG_KEPT:
            kept.append(data[place : place + 12 + length])
        elif not name[0] & 0x20:  # a critical chunk of another sort: its picture needs what nobody knows
            raise ImageError("not a readable image (it is cut off or damaged)")
        place += 12 + length
        if name == b"IEND":
            break
    return Plain(b"".join(kept), orientation)


def _strip_webp(data: bytes) -> Plain:
    kept = b"".join(_webp_chunks(data))
    return Plain(b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + kept, 1)


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    (size,) = struct.unpack_from("<I", data, 4)
    place, end = 12, min(8 + size, len(data))
    while place < end:
        name, length = struct.unpack_from("<4sI", data, place)
        chunk = data[place : place + 8 + length + length % 2]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~(WEBP_EXIF | WEBP_XMP)]) + chunk[9:]
        if name in WEBP_KEPT:
            yield chunk
        place += len(chunk)
