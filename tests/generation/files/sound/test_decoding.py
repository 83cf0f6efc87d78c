"""Sound files are read to their true end, or refused in one line; never a crash, never more memory than a block."""

import io
import random
import time
import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.errors import AudioError
from generation.files import SoundReader, decode_audio, judge_sound, make_copy
from tests.generation.files.damage import refuse_damaged
from tests.generation.files.sound.sounds import (
    RATE,
    constant_mp3,
    fading,
    flac,
    id3,
    swelling,
    tone,
    variable_mp3,
    wav,
    without_count,
    written,
)


def seconds_of(data):
    samples, rate = decode_audio(io.BytesIO(data))
    return len(samples) / rate


@pytest.mark.parametrize(
    ("make", "seconds"),
    [
        # libsndfile estimates these from the first frames: 12.9, 44.3 and 4.0 s.
        (lambda: without_count(variable_mp3(fading())), 30.0),
        (lambda: without_count(variable_mp3(swelling())), 12.0),
        (lambda: constant_mp3(tone(1)) + constant_mp3(tone(2)), 8.1),
        (lambda: variable_mp3(tone(1)) + id3(3, 5000) + variable_mp3(tone(2)), 8.1),
        (lambda: without_count(constant_mp3(tone(3))), 4.05),
        (lambda: id3(3, 400) + id3(4, 700) + constant_mp3(tone(25)), 4.0),
        (lambda: constant_mp3(tone(30)) + b"TAG" + b"Song".ljust(125, b"\0"), 4.0),
        (lambda: constant_mp3(tone(31)) + b"<html><body>404</body></html>" * 50, 4.0),
        (lambda: flac(tone(63), stated=0), 4.0),
        (lambda: flac(tone(63), stated=0) + b"TAG" + bytes(125), 4.0),
        (lambda: flac(tone(63), stated=RATE), 4.0),
        (lambda: flac(tone(63)) + b"<html>" * 50, 4.0),
        (lambda: id3(3, 200) + flac(tone(62)), 4.0),
        (lambda: wav(tone(33), stated=0xFFFFFFFF), 4.0),
        (lambda: wav(tone(34), stated=0x7FFFFFFF), 4.0),
        (lambda: wav(tone(34), stated=0), 4.0),
        (lambda: wav(tone(34), stated=2 * RATE), 1.0),  # browsers play no more of it either
    ],
)
def test_sound_is_read_to_its_true_end(make, seconds):
    assert seconds_of(make()) == pytest.approx(seconds, abs=0.06)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: constant_mp3(tone(28))[:10_900], "is cut off: 2.0 s of 4.1 s can be read"),
        (
            lambda: flac(tone(63), stated=0)[:58_000],
            "is damaged or cut off: 1.86 s of it can be read (flac decoder lost sync)",
        ),
        (
            lambda: flac(tone(63))[:58_000],
            "is damaged or cut off: 1.86 s of it can be read (flac decoder lost sync)",
        ),
        (lambda: wav(tone(40))[:80_000], "is cut off: 79956 of 176400 bytes of sound are there"),
        (lambda: written(tone(40), "AIFF")[:80_000], "is cut off: 79954 of 176408 bytes of sound are there"),
        (lambda: written(tone(40), "AU")[:80_000], "is cut off: 79976 of 176400 bytes of sound are there"),
        (lambda: written(tone(40), "W64")[:80_000], "is cut off: 80000 of 176504 bytes of sound are there"),
        (lambda: written(tone(40), "RF64")[:80_000], "is cut off: 79992 of 176496 bytes of sound are there"),
        (lambda: written(tone(40), "OGG")[:20_000], "is cut off: its last page is missing"),
        (
            lambda: written(tone(5), "OGG") + written(tone(6), "OGG"),
            "holds several recordings one behind the other; save each as a file, or all as one",
        ),
        (
            lambda: written(tone(9, rate=8000), rate=8000, subtype="GSM610"),
            "is a WAV file of the kind GSM 6.10, which is not read; use WAV, FLAC, OGG or MP3",
        ),
        (
            lambda: written(tone(9), "NIST"),
            "its format is WAV (NIST Sphere); use WAV, FLAC, OGG or MP3",
        ),
        (
            lambda: b"\0\0\0\x1cftypM4A " + bytes(500),
            "not a readable sound file (it is AAC or ALAC in M4A; convert it to WAV, FLAC, OGG or MP3)",
        ),
        (
            lambda: b"la la la\n" * 50,
            "not a readable sound file (Format not recognised; use WAV, FLAC, OGG or MP3)",
        ),
    ],
)
def test_what_is_cut_off_or_not_read_is_refused_in_the_same_words_each_time(make, reason):
    data = make()
    for _ in range(2):
        with pytest.raises(AudioError) as refusal:
            decode_audio(io.BytesIO(data))
        assert str(refusal.value) == reason


def test_blocks_are_the_samples_of_the_whole_whatever_the_format(tmp_path):
    x = tone(1, 13, channels=2)
    for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF"):
        data = written(x, kind)
        (tmp_path / "sound").write_bytes(data)
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            expected = file.read(dtype="float32", always_2d=True)
        for source in (io.BytesIO(data), tmp_path / "sound"):
            with SoundReader(source) as reader:
                blocks = list(reader.blocks())
            assert len(blocks) == 3
            np.testing.assert_array_equal(np.concatenate(blocks), expected)


def test_an_hour_of_silence_needs_no_more_memory_than_a_block():
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8_000, 1, format="FLAC") as file:
        silence = np.zeros(600 * 8_000)
        for _ in range(6):
            file.write(silence)
        file.write(tone(1, 60, 8_000))  # so that there is something to be judged
    assert len(buffer.getvalue()) < 1_500_000
    tracemalloc.start()
    try:
        sound = judge_sound(buffer)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sound.seconds == 61 * 60
    # The samples alone are 117 MB.
    assert peak < 20_000_000


@pytest.mark.filterwarnings("ignore")
def test_damaged_sounds_are_refused_or_read_but_never_crash(capfd):
    chosen = random.Random(0)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 8_000)
    files = [written(noise, kind, rate=16_000) for kind in ("WAV", "FLAC", "OGG", "MP3")]
    reasons = refuse_damaged(files, [judge_sound], chosen)
    assert len(reasons) > 50
    assert not [reason for reason in reasons if "\n" in reason]


WHOLE = {
    kind: written(np.random.default_rng(0).uniform(-0.3, 0.3, 9_000), kind, rate=16_000, **options)
    for kind, options in {
        "WAV": {"subtype": "DOUBLE"},
        "AIFF": {},
        "CAF": {},
        "W64": {},
        "AU": {},
        "FLAC": {},
        "OGG": {},
        "MP3": {},
    }.items()
}


@settings(max_examples=60)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    share=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    behind=st.binary(max_size=40),
)
@pytest.mark.filterwarnings("ignore")
def test_changed_and_cut_files_give_sound_or_one_line_within_bounds(kind, share, changes, behind):
    data = bytearray(WHOLE[kind])
    data = data[: round(len(data) * share)]
    for place, value in changes:
        if data:
            # Half of the changes hit the header, where they do most.
            data[int((len(data) - 1) * place**4)] = value
    file = io.BytesIO(bytes(data) + behind)
    reason, begun = "", time.process_time()
    tracemalloc.start()
    try:
        judge_sound(file)
        make_copy(file)
    except AudioError as error:
        reason = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(reason.splitlines()) <= 1
    assert " at 0x" not in reason
    assert peak < 300_000_000
    assert time.process_time() - begun < 5
