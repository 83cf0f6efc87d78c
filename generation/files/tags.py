"""What a sound file says about itself (title, artist, cover), blanked on the way to a listener.

Who saves a clip of a study could otherwise read in any player what it is. The stored file stays as it came, since its
sha256 is what datasets, seeds and provenance name; what is sent is as long, so that byte ranges stay what they are, and
holds the same sound bit for bit: notes become padding, in the way each format provides for that. (Libraries that delete
tags move the sound, so that a file would no longer be the one whose hash is known.)

    MP3    ID3v2 (id3.org, ID3v2.4 structure 3.1), ID3v1 with its extension, APEv2 (Hydrogenaudio, "APEv2")
    FLAC   metadata blocks but STREAMINFO and SEEKTABLE (RFC 9639, section 8)
    WAV    chunks but those that say how to decode
    Ogg    the comment header of Vorbis (Vorbis I, section 5) and Opus (RFC 7845, 5.2); page checksums by RFC 3533
"""

import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

FLAC_KEPT = {0, 3}
FLAC_PADDING = 1
WAV_KEPT = {b"fmt ", b"fact", b"data", b"ds64", b"PEAK"}
WAV_PADDING = b"JUNK"
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Patch:
    """Bytes that stand at `start` in what is sent."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)


def find_patches(file: BinaryIO) -> list[Patch]:
    """What to put over a sound file's notes; nothing for a file without any, or of another format."""
    size = file.seek(0, os.SEEK_END)
    patches: list[Patch] = []
    start = 0
    while patch := _find_id3v2(file, start, size):
        patches.append(patch)
        start = patch.end
    find = {b"fLaC": _find_in_flac, b"RIFF": _find_in_wav, b"RF64": _find_in_wav, b"OggS": _find_in_ogg}
    return patches + list(find.get(_read(file, start, 4), _find_at_end)(file, start, size))


def apply_patches(data: bytes, patches: Sequence[Patch], *, start: int) -> bytes:
    """`data`, which stands at `start` in its file, with the patches that reach into it."""
    for patch in patches:
        first, last = max(patch.start, start), min(patch.end, start + len(data))
        if first < last:
            middle = patch.data[first - patch.start : last - patch.start]
            data = data[: first - start] + middle + data[last - start :]
    return data


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _find_id3v2(file: BinaryIO, start: int, size: int) -> Patch | None:
    """The tag at `start`: its header without flags, and zeros, which are padding there."""
    head = _read(file, start, 10)
    if len(head) < 10 or head[:3] != b"ID3" or any(byte > 0x7F for byte in head[6:]):
        return None
    length = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    footer = head[5] & 0x10
    tail = b"3DI" + head[3:5] + bytes([footer]) + head[6:] if footer else b""
    whole = head[:5] + bytes([footer]) + head[6:] + bytes(length) + tail
    return Patch(start, whole) if start + len(whole) <= size else None


def _find_at_end(file: BinaryIO, start: int, size: int) -> Iterator[Patch]:
    """ID3v1 (with its extension) and APEv2, which stand after the sound of an MP3 file, in any order and number."""
    end = size
    while patch := _find_id3v1(file, start, end) or _find_ape(file, start, end):
        yield patch
        end = patch.start


def _find_id3v1(file: BinaryIO, start: int, end: int) -> Patch | None:
    for mark, length, rest in ((b"TAG+", 227, bytes(223)), (b"TAG", 128, bytes(124) + b"\xff")):
        if end - start >= length and _read(file, end - length, len(mark)) == mark:
            return Patch(end - length, mark + rest)
    return None


def _find_ape(file: BinaryIO, start: int, end: int) -> Patch | None:
    footer = _read(file, end - 32, 32) if end - start >= 32 else b""
    if footer[:8] != b"APETAGEX":
        return None
    length = int.from_bytes(footer[12:16], "little")  # items and footer
    length += 32 if footer[23] & 0x80 else 0  # a header stands before them
    return Patch(end - length, bytes(length)) if 32 <= length <= end - start else None


def _find_in_flac(file: BinaryIO, start: int, size: int) -> Iterator[Patch]:
    at = start + 4
    while len(head := _read(file, at, 4)) == 4:
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind not in FLAC_KEPT and at + 4 + length <= size:
            yield Patch(at, bytes([head[0] & 0x80 | FLAC_PADDING]) + head[1:] + bytes(length))
        if head[0] & 0x80:
            return
        at += 4 + length


def _find_in_wav(file: BinaryIO, start: int, size: int) -> Iterator[Patch]:
    at = start + 12
    while len(head := _read(file, at, 8)) == 8:
        length = int.from_bytes(head[4:], "little")
        inside = max(0, min(length, size - at - 8))  # a chunk may state more than there is
        if head[:4] not in WAV_KEPT:
            yield Patch(at, WAV_PADDING + head[4:] + bytes(inside))
        at += 8 + length + length % 2


@dataclass(frozen=True)
class _Page:
    """One page of an Ogg file: where it and its body begin, and the lengths of its segments."""

    start: int
    serial: bytes
    body: int
    segments: bytes

    @property
    def end(self) -> int:
        return self.body + sum(self.segments)


def _pages(file: BinaryIO, start: int) -> Iterator[_Page]:
    while len(head := _read(file, start, 27)) == 27 and head[:4] == b"OggS":
        segments = file.read(head[26])
        page = _Page(start, head[14:18], start + 27 + len(segments), segments)
        yield page
        start = page.end


def _find_in_ogg(file: BinaryIO, start: int, size: int) -> Iterator[Patch]:
    """The pages that carry the second packet of the first Vorbis or Opus stream, anew, with their checksums."""
    serial = None
    pages: list[_Page] = []
    for page in _pages(file, start):
        if serial is None and _read(file, page.body, 8).startswith((b"\x01vorbis", b"OpusHead")):
            serial = page.serial
        elif page.serial == serial:
            pages.append(page)
            if any(length < 255 for length in page.segments):
                break
    else:
        return
    pieces = [_read(file, page.body, _first_packet(page.segments)) for page in pages]
    packet = _blank_comments(b"".join(pieces))
    for page, piece in zip(pages, pieces, strict=True):
        whole = bytearray(_read(file, page.start, page.end - page.start))
        body = page.body - page.start
        whole[body : body + len(piece)], packet = packet[: len(piece)], packet[len(piece) :]
        whole[22:26] = bytes(4)
        whole[22:26] = _ogg_checksum(bytes(whole)).to_bytes(4, "little")
        yield Patch(page.start, bytes(whole))


def _first_packet(segments: bytes) -> int:
    """Bytes of a page that belong to the packet with which it begins."""
    for i, length in enumerate(segments):
        if length < 255:
            return sum(segments[: i + 1])
    return sum(segments)


def _blank_comments(packet: bytes) -> bytes:
    """A comment header of the same length with a blank maker and no comments."""
    for name, close in ((b"\x03vorbis", b"\x01"), (b"OpusTags", b"")):
        room = len(packet) - len(name) - 8 - len(close)
        if packet.startswith(name) and room >= 0:
            return name + room.to_bytes(4, "little") + b" " * room + bytes(4) + close
    return packet


def _ogg_checksum(data: bytes) -> int:
    """CRC-32 with the highest bit first and nothing inverted: zlib's on mirrored bytes, with its inversions undone."""
    mirrored = zlib.crc32(data.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
