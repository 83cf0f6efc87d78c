"""Lengths that FLAC, WAV and Ogg files state, and where they truly end."""

from collections.abc import Iterator

from generation.errors import AudioError

# FLAC (RFC 9639, 8.2): the number of samples is the last 36 bits of bytes 18 to 25 behind the mark. 0 is unknown, as
# encoders leave it that write into a pipe.
FLAC = b"fLaC"
COUNT = slice(18, 26)
COUNT_MASK = 2**36 - 1
ID3V1 = (b"TAG", 128)  # mark and length of what some programs hang on at the end
# An Ogg file is a row of pages (RFC 3533, 6).
PAGE = b"OggS"
HEADER = 27  # bytes before the table of the page's segments
FIRST, LAST = 0x02, 0x04  # of a stream


def without_length(data: bytes) -> tuple[bytes, int | None]:
    """A FLAC file that does not say how long it is, so that it is read to its end; and what it said (None: nothing)."""
    start = data.find(FLAC)
    place = slice(start + COUNT.start, start + COUNT.stop)
    field = int.from_bytes(data[place], "big")
    mark, length = ID3V1
    end = len(data) - length if data[-length:].startswith(mark) else len(data)
    blank = (field & ~COUNT_MASK).to_bytes(COUNT.stop - COUNT.start, "big")
    return data[: place.start] + blank + data[place.stop : end], field & COUNT_MASK or None


def with_open_end(data: bytes) -> bytes:
    """A WAV file whose sound has the stated length 0, as writers into a pipe leave it, with one that means unknown."""
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            return data[: at + 4] + b"\xff" * 4 + data[at + 8 :] if length == 0 else data
        at += 8 + length + length % 2
    return data


def check_ogg(data: bytes) -> None:
    """Raise AudioError where an Ogg file is cut off, or holds recordings one behind the other.

    libsndfile plays what is there of the first and takes it for the whole; browsers play them all.
    """
    begun = False
    for flags in _pages(data):
        if begun and flags & FIRST:
            raise AudioError("holds several recordings one behind the other; save each as a file, or all as one")
        begun |= not flags & FIRST
    if not _last_flags(data) & LAST:
        raise AudioError("is cut off: its last page is missing")


def _pages(data: bytes) -> Iterator[int]:
    """Flags of the pages from the beginning on, as long as one follows the other."""
    at = 0
    while data.startswith(PAGE, at) and at + HEADER <= len(data):
        table = data[at + HEADER : at + HEADER + data[at + 26]]
        yield data[at + 5]
        at += HEADER + len(table) + sum(table)


def _last_flags(data: bytes) -> int:
    """Flags of the last page, 0 where it is not whole."""
    # A page's name may occur inside another page by chance; then the page found is no whole one, and an earlier is it.
    start = len(data)
    while (start := data.rfind(PAGE, 0, start)) >= 0:
        header = data[start : start + HEADER]
        if len(header) == HEADER and header[4] == 0:
            table = data[start + HEADER : start + HEADER + header[26]]
            whole = len(table) == header[26] and start + HEADER + len(table) + sum(table) <= len(data)
            return header[5] if whole else 0
    return 0
