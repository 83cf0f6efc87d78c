"""Frames of MP3 files (ISO/IEC 11172-3 and 13818-3): how long the sound truly is, whatever is stated or estimated.

Decoders take the length from a frame that counts the others (Xing, Info, VBRI), or estimate it from the file's size
and the first frames, which for a variable bit rate may be several times too long or too short. Only walking on from
frame to frame tells.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

RATES = (44_100, 48_000, 32_000)
# kbit/s of layer III, by the index in the header: MPEG 1, then MPEG 2 and 2.5.
KBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # layer III of MPEG 2.5, 2 and 1
ID3 = b"ID3"
COUNTED = 1  # flag of Xing: the number of frames follows
# Counting frames differ by one or two in whether they count themselves and what an encoder flushes at its end.
SLACK = 4  # frames
INFO_KBITS_INDEX = 9  # 128 or 80 kbit/s: room enough for a count at every rate


@dataclass(frozen=True)
class Header:
    """What the four bytes before a frame say."""

    version: int  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    rate: int  # Hz
    kbits: int
    padding: int
    mono: bool

    @property
    def samples(self) -> int:
        """Samples of each channel in a frame."""
        return 1152 if self.version == 3 else 576

    @property
    def length(self) -> int:
        """Bytes of the frame, its header included."""
        return self.samples * 125 * self.kbits // self.rate + self.padding

    @property
    def side(self) -> int:
        """Bytes between the header and the frame's data."""
        if self.version == 3:
            return 17 if self.mono else 32
        return 9 if self.mono else 17

    def belongs_to(self, first: "Header") -> bool:
        """Whether both are of one stream."""
        return (self.version, self.rate) == (first.version, first.rate)


def read_header(data: bytes, at: int) -> Header | None:
    """The header of a frame of layer III at this place; None where there is none, or one of a free bit rate."""
    if not SYNC.match(data, at) or at + 4 > len(data):
        return None
    version, bits = data[at + 1] >> 3 & 3, data[at + 2]
    kbits, rate = bits >> 4, bits >> 2 & 3
    if kbits in (0, 15) or rate == 3:
        return None
    slowed = {3: 1, 2: 2, 0: 4}[version]
    table = KBITS[0] if version == 3 else KBITS[1]
    return Header(version, RATES[rate] // slowed, table[kbits], bits >> 1 & 1, data[at + 3] >> 6 == 3)


def begins_like_mp3(head: bytes) -> bool:
    """Whether a file's first bytes are those of a frame, or of a tag that usually stands before some."""
    return head.startswith(ID3) or SYNC.match(head) is not None


def walk_frames(data: bytes) -> Iterator[tuple[int, Header]]:
    """Place and header of every whole frame; tags and whatever else lies between are passed over."""
    at, first = 0, None
    while True:
        if data.startswith(ID3, at) and at + 10 <= len(data):
            at += 10 + sum(byte << shift for byte, shift in zip(data[at + 6 : at + 10], (21, 14, 7, 0), strict=True))
            continue
        header = read_header(data, at)
        # After a break, and at the beginning, two in a row are a frame; one may be chance.
        if header and (first is None or not header.belongs_to(first)):
            follower = read_header(data, at + header.length)
            header = header if first is None and follower and follower.belongs_to(header) else None
        if header is None:
            if (found := _find_pair(data, at + 1, first)) is None:
                return
            at = found
            continue
        if at + header.length > len(data):
            return
        first = first or header
        yield at, header
        at += header.length


def _find_pair(data: bytes, at: int, first: Header | None) -> int | None:
    """The next place from which two frames of the stream follow each other (or an ID3 tag, where it began already)."""
    for match in SYNC.finditer(data, at):
        header = read_header(data, match.start())
        follower = header and read_header(data, match.start() + header.length)
        if header and follower and follower.belongs_to(header) and header.belongs_to(first or header):
            return match.start()
    return None


def stated_count(data: bytes, at: int, header: Header) -> int | None:
    """Frames that follow, as the frame at this place counts them; None where it is a frame of sound."""
    mark = at + 4 + header.side
    if data[mark : mark + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(data[mark + 4 : mark + 8], "big")
        return int.from_bytes(data[mark + 8 : mark + 12], "big") if flags & COUNTED else 0
    mark = at + 4 + 32
    return int.from_bytes(data[mark + 14 : mark + 18], "big") if data[mark : mark + 4] == b"VBRI" else None


@dataclass(frozen=True)
class Length:
    """Frames of sound that an MP3 file holds, how many it states (None: nothing), their first header and their end."""

    frames: int
    stated: int | None
    header: Header
    end: int

    @property
    def samples(self) -> int:
        """Samples of each channel, an encoder's padding included."""
        return self.frames * self.header.samples

    @property
    def is_cut(self) -> bool:
        """Whether frames are missing that the file says it has."""
        return self.stated is not None and self.frames < self.stated - SLACK

    @property
    def is_exceeded(self) -> bool:
        """Whether there are more frames than the file says, as where files were put one behind the other."""
        return self.stated is not None and self.frames > self.stated + SLACK


def measure(data: bytes) -> Length | None:
    """Walk through an MP3 file; None where it has no frame of layer III."""
    frames, stated, first, end = 0, None, None, 0
    for at, header in walk_frames(data):
        count = stated_count(data, at, header)
        if first is None:
            first, stated = header, count or None
        frames += count is None
        end = at + header.length
    return Length(frames, stated, first, end) if first and frames else None


def with_true_count(data: bytes) -> bytes:
    """The frames of sound alone, behind one that states how many they are; `measure` must have found some."""
    sound = [
        data[at : at + header.length] for at, header in walk_frames(data) if stated_count(data, at, header) is None
    ]
    head = bytearray(sound[0][:4])
    head[1] |= 1  # no checksum
    head[2] = INFO_KBITS_INDEX << 4 | head[2] & 0b1100
    info = read_header(bytes(head), 0)
    assert info is not None  # its version and rate are those of a frame that was read
    count = b"Xing" + COUNTED.to_bytes(4, "big") + len(sound).to_bytes(4, "big")
    return b"".join([(bytes(head) + bytes(info.side) + count).ljust(info.length, b"\0"), *sound])
