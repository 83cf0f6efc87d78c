"""Copies for players: the same sound as MP3, at the level that is asked for."""

import io

import numpy as np
import pytest
from scipy.signal import resample_poly

from generation.files import judge_sound, make_copy
from generation.files.sound.copies import _fade, resample_blocks
from tests.generation.files.sound.sounds import RATE, tone, wav, written


def judged(data):
    return judge_sound(io.BytesIO(data), loudness=True)


@pytest.mark.parametrize(
    ("data", "rate", "channels"),
    [
        (wav(tone(7), kind="<f8"), 44_100, 1),
        (written(tone(5, rate=44_100, channels=2), "AIFF", rate=44_100), 44_100, 2),
        (written(tone(5, rate=96_000, channels=2), "W64", rate=96_000), 48_000, 2),
        (written(tone(5, rate=48_000, channels=6), "CAF", rate=48_000), 48_000, 1),
    ],
)
def test_a_copy_is_as_long_and_as_loud_and_browsers_play_it(data, rate, channels):
    copy = make_copy(io.BytesIO(data))
    sound = judged(copy)
    assert (sound.kind, sound.is_playable, sound.rate, sound.channels) == ("MP3", True, rate, channels)
    assert sound.seconds == pytest.approx(4.0, abs=0.001)
    assert len(copy) * 8 / 4000 == pytest.approx(192, rel=0.03)  # kbit/s
    original = judged(data)
    if channels == original.channels:
        assert sound.loudness == pytest.approx(original.loudness, abs=0.05)
    assert make_copy(io.BytesIO(data)) == copy


def test_a_copy_is_louder_by_its_gain_and_never_above_full_scale():
    data = wav(tone(1, peak=0.1))
    assert judged(make_copy(io.BytesIO(data), gain_db=6)).loudness == pytest.approx(judged(data).loudness + 6, abs=0.05)
    assert judged(make_copy(io.BytesIO(data), gain_db=40)).peak < 1.2


@pytest.mark.parametrize(("rate", "new"), [(22_050, 44_100), (96_000, 48_000), (8_000, 48_000), (44_056, 48_000)])
def test_resampling_in_blocks_is_resampling_the_whole(rate, new):
    x = np.random.default_rng(0).normal(size=(3 * rate + 7, 1))
    blocks = [x[start : start + rate] for start in range(0, len(x), rate)]
    divisor = np.gcd(rate, new)
    expected = resample_poly(x, new // divisor, rate // divisor, axis=0)
    np.testing.assert_allclose(np.concatenate(list(resample_blocks(blocks, rate, new))), expected, atol=1e-12)


@pytest.mark.parametrize("step", [1000, 100, 7])
def test_fades_are_the_same_whatever_the_blocks(step):
    ones = np.ones((1000, 2))
    for length in (0, 10, 300, 600):
        faded = np.concatenate(list(_fade([ones[i : i + step] for i in range(0, 1000, step)], length)))
        whole = np.concatenate(list(_fade([ones], length)))
        np.testing.assert_array_equal(faded, whole)
        np.testing.assert_allclose(faded, faded[::-1])
        assert faded[500, 0] == pytest.approx(1, abs=1e-4)
        assert length == 0 or faded[0, 0] < 0.01


def test_a_clip_that_was_cut_out_of_a_recording_begins_and_ends_softly():
    data = wav(np.sin(np.arange(4 * RATE) / 9 + 1.5))
    with_fades, without = (np.abs(_samples(make_copy(io.BytesIO(data), fade_s=s))) for s in (0.05, 0.0))
    assert with_fades[:200].max() < 0.2 < without[:200].max()
    assert with_fades[-200:].max() < 0.2 < without[-200:].max()


def _samples(data):
    from generation.files import decode_audio

    return decode_audio(io.BytesIO(data))[0][:, 0]
