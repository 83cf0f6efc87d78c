"""Loudness by EBU R128: as the library gives it of the whole, in pieces."""

import numpy as np
import pyloudnorm
import pytest

from generation.files.sound.loudness import LoudnessMeter

RATE = 8_000
NOISE = np.random.default_rng(0).normal(0, 0.1, (150 * RATE, 2)).astype("float32")
# Louder and louder, beside zero: blocks are left out by both gates, and filters that start anew would be heard.
RISING = NOISE * np.linspace(0.001, 1, len(NOISE), dtype="float32")[:, None] + np.float32(0.05)


def measure(x, step=5 * RATE, rate=RATE):
    meter = LoudnessMeter(rate)
    for start in range(0, len(x), step):
        meter.add(x[start : start + step])
    return meter.integrate()


@pytest.mark.parametrize("seconds", [0.4, 0.45, 5, 59.9, 60, 60.1, 119.4, 150])
def test_pieces_give_what_the_library_gives_of_the_whole(seconds):
    x = RISING[-round(seconds * RATE) :]
    whole = pyloudnorm.Meter(RATE).integrated_loudness(x.astype("float64"))
    assert measure(x) == pytest.approx(whole, abs=1e-9 if seconds < 60 else 0.001)


def test_a_sine_of_full_scale_has_the_loudness_of_the_standard():
    # ITU-R BS.1770-4: 997 Hz at 0 dBFS in one of the front channels is -3.01 LUFS.
    sine = np.sin(2 * np.pi * 997 * np.arange(48_000 * 5) / 48_000)[:, None].astype("float32")
    assert measure(sine, rate=48_000) == pytest.approx(-3.01, abs=0.1)


def test_what_is_shorter_than_a_block_is_one_block_and_silence_has_no_loudness():
    assert measure(NOISE[: RATE // 5]) == pytest.approx(measure(NOISE[: RATE * 2]), abs=1)
    assert measure(NOISE[:0]) is None
    assert measure(np.zeros((RATE, 2), "float32")) is None
    assert measure(NOISE[: 5 * RATE] * np.float32(1e-4)) is None


def test_slow_recordings_and_many_channels_are_measured_too():
    assert measure(NOISE[: 2_000 * 5], rate=2_000) is not None
    many = np.repeat(NOISE[: 5 * RATE, :1], 8, axis=1)
    assert measure(many) == pytest.approx(measure(NOISE[: 5 * RATE, :1]), abs=1e-6)
