"""Notes in sound files are blanked in place: same length, same sound, and no word left."""

import struct
from io import BytesIO

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from generation.files import decode_audio
from generation.files.tags import apply_patches, find_patches

RATE = 48_000
FORMATS = [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
SECRET = "Sakura, traditional"


def write(form: str, subtype: str, *, title: str = SECRET) -> bytes:
    """Half a second of noise with a title and an artist."""
    noise = np.random.default_rng(5).standard_normal(RATE // 2).astype(np.float32) / 10
    file = BytesIO()
    with soundfile.SoundFile(file, "w", RATE, 1, format=form, subtype=subtype) as sound:
        sound.title, sound.artist = title, "Secret ensemble"
        sound.write(noise)
    return file.getvalue()


def blank(data: bytes) -> bytes:
    return apply_patches(data, find_patches(BytesIO(data)), start=0)


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


@pytest.mark.parametrize(("form", "subtype"), FORMATS)
def test_every_format_loses_its_words_and_nothing_else(form: str, subtype: str) -> None:
    data = write(form, subtype)
    assert SECRET.encode() in data
    assert b"Secret ensemble" in data
    sent = blank(data)
    assert len(sent) == len(data)
    assert SECRET.encode() not in sent
    assert b"Secret ensemble" not in sent
    assert np.array_equal(decode_audio(BytesIO(sent))[0], decode_audio(BytesIO(data))[0])
    with soundfile.SoundFile(BytesIO(sent)) as sound:
        assert (sound.title, sound.artist) == ("", "")
    assert blank(sent) == sent


@pytest.mark.parametrize(("subtype", "words"), [("VORBIS", 15_000), ("OPUS", 5_000)])  # of pages: up to 65,025 bytes
def test_long_comments_of_ogg_pages_are_blanked(subtype: str, words: int) -> None:
    data = write("OGG", subtype, title="Secret " * words)
    sent = blank(data)
    assert b"ecret" not in sent
    assert np.array_equal(decode_audio(BytesIO(sent))[0], decode_audio(BytesIO(data))[0])
    for page in sent.split(b"OggS")[1:]:
        whole = b"OggS" + page
        assert struct.unpack("<I", whole[22:26])[0] == checksum(whole[:22] + bytes(4) + whole[26:])


def checksum(page: bytes) -> int:
    """RFC 3533, 6: CRC-32 of polynomial 0x04C11DB7, bit by bit."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register


def test_old_tags_before_and_after_an_mp3_are_blanked() -> None:
    sound = write("MP3", "MPEG_LAYER_III")
    body = b"TIT2" + struct.pack(">I", 7) + bytes(2) + b"\x00Secret" + bytes(30)
    front = b"ID3\x04\x00\x80" + synchsafe(len(body)) + body
    footed = b"ID3\x04\x00\x10" + synchsafe(len(body)) + body + b"3DI\x04\x00\x10" + synchsafe(len(body))
    item = struct.pack("<II", 6, 0) + b"Title\x00" + b"Secret"
    ape = [b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8) for flags in (1 << 31, 0)]
    ape[0] = ape[0][:20] + struct.pack("<I", 1 << 31 | 1 << 29) + bytes(8)
    ape[1] = ape[1][:20] + struct.pack("<I", 1 << 31) + bytes(8)
    old = b"TAG" + b"Secret".ljust(125, b"\x00")
    extended = b"TAG+" + b"Secret".ljust(223, b"\x00")
    data = front + footed + sound + ape[0] + item + ape[1] + extended + old
    sent = blank(data)
    assert len(sent) == len(data)
    assert b"Secret" in data
    assert b"Secret" not in sent
    start = len(front) + len(footed)
    assert blank(sound) == sent[start : start + len(sound)]


def test_picture_and_cue_sheet_of_a_flac_become_padding() -> None:
    data = write("FLAC", "PCM_16")
    picture = b"\x06" + len(b"Secret" * 9).to_bytes(3, "big") + b"Secret" * 9
    first = 4 + 4 + 34  # mark and STREAMINFO
    sent = blank(data[:first] + picture + data[first:])
    assert b"Secret" not in sent
    assert sent[first] == 1
    assert np.array_equal(decode_audio(BytesIO(sent))[0], decode_audio(BytesIO(data))[0])


def test_files_without_notes_are_sent_as_they_are() -> None:
    plain = BytesIO()
    soundfile.write(plain, np.ones(1000, np.float32) / 9, RATE, format="WAV", subtype="PCM_16")
    for data in (plain.getvalue(), b"", b"no sound at all", b"ID3", b"\x89PNG\r\n\x1a\n" + bytes(50)):
        assert find_patches(BytesIO(data)) == []


@given(cut=st.lists(st.integers(1, 4000), max_size=8), which=st.sampled_from(FORMATS))
def test_any_byte_range_is_that_of_the_whole(cut: list[int], which: tuple[str, str]) -> None:
    data = SAMPLES[which]
    patches = find_patches(BytesIO(data))
    whole, start, parts = apply_patches(data, patches, start=0), 0, []
    for length in [*cut, len(data)]:
        parts.append(apply_patches(data[start : start + length], patches, start=start))
        start += length
    assert b"".join(parts) == whole


@given(
    which=st.sampled_from(FORMATS),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    length=st.integers(0, 3000),
)
def test_damaged_files_keep_their_length_and_raise_nothing(
    which: tuple[str, str], changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(SAMPLES[which][:length])
    for place, value in changes:
        if place < len(data):
            data[place] = value
    assert len(blank(bytes(data))) == len(data)


SAMPLES = {which: write(*which) for which in FORMATS}
