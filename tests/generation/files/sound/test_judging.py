"""What is heard of a sound: what nobody can hear, or nobody should, is refused; what is unusual is said."""

import io

import numpy as np
import pytest
import torch

from generation.errors import AudioError
from generation.files import judge_sound
from generation.networks import load_audio
from tests.generation.files.sound.sounds import RATE, tone, variable_mp3, wav, written

SILENCE = np.zeros(4 * RATE)


def judge(x, kind="<i2"):
    return judge_sound(io.BytesIO(wav(x, kind=kind)))


@pytest.mark.parametrize(
    ("x", "kind", "reason"),
    [
        (SILENCE, "<i2", "is silent"),
        (tone(1, peak=0.0005), "<f4", "is silent"),
        (SILENCE + 0.5, "<i2", "is silent: all samples have one value"),
        (tone(1, peak=0.0005) - 0.5, "<f4", "is silent: all samples have one value"),
        (np.where(np.arange(4 * RATE) == 9, np.nan, 0.1), "<f4", "holds samples that are no numbers"),
        (np.where(np.arange(4 * RATE) == 9, -np.inf, 0.1), "<f4", "holds samples that are no numbers"),
        (
            tone(43) * 20_000,
            "<f4",
            "holds samples up to 10,000.0, far outside -1 to 1 (integers written as floats?); divide them by full "
            "scale and save it again",
        ),
        (
            np.stack([tone(48), -tone(48)], axis=1),
            "<i2",
            "has channels that cancel each other out (one is minus the other): networks, and telephones with one "
            "loudspeaker, hear silence; turn one of them round, or keep one",
        ),
        (np.stack([tone(48) + 0.3, -tone(48) * 0.99], axis=1), "<f4", "has channels that cancel each other out"),
    ],
)
def test_what_nobody_can_hear_or_nobody_should_is_refused(x, kind, reason):
    with pytest.raises(AudioError) as refusal:
        judge(x, kind)
    assert str(refusal.value).startswith(reason)


@pytest.mark.parametrize(
    ("x", "kind", "notes"),
    [
        (tone(1), "<i2", []),
        (np.clip(tone(50) * 30, -1, 1), "<i2", []),
        (np.stack([tone(49), SILENCE], axis=1), "<i2", []),
        (tone(1, channels=2), "<i2", []),
        (
            np.concatenate([tone(47, 0.1), np.zeros(round(3.9 * RATE))]),
            "<i2",
            ["0.1 s of 4.0 s can be heard, the rest is silent"],
        ),
        (tone(1, peak=1.5), "<f4", ["has samples up to 1.50, and players cut off what is above 1"]),
        (
            tone(1) + 0.2,
            "<f4",
            ["lies 0.20 beside zero (a constant offset), which clicks at its beginning and end"],
        ),
        (
            np.stack([tone(1), -tone(1) * 0.8], axis=1),
            "<f4",
            ["has channels that nearly cancel each other out: their mean, which networks hear, is 19 dB softer"],
        ),
    ],
)
def test_what_is_unusual_is_said(x, kind, notes):
    assert list(judge(x, kind).notes) == notes


def test_what_lossy_decoders_overshoot_is_no_fault():
    sound = judge_sound(io.BytesIO(variable_mp3(np.clip(tone(50) * 30, -1, 1))))
    assert sound.peak > 1
    assert sound.notes == ()


def test_a_sound_is_described():
    sound = judge_sound(io.BytesIO(written(tone(1, rate=48_000, channels=2), "AIFF", rate=48_000)))
    assert (sound.kind, sound.subtype, sound.suffix) == ("AIFF", "PCM_16", ".aiff")
    assert (sound.seconds, sound.rate, sound.channels) == (4.0, 48_000, 2)
    assert sound.peak == pytest.approx(0.5, abs=1e-4)
    assert not sound.is_playable
    assert sound.loudness is None  # not asked for


def test_networks_never_hear_the_zeros_of_a_sound_that_people_hear():
    with pytest.raises(AudioError, match="cancel each other out"):
        load_audio(io.BytesIO(wav(np.stack([tone(48), -tone(48)], axis=1))), 16_000)
    one = load_audio(io.BytesIO(wav(np.stack([tone(49), SILENCE], axis=1), kind="<f4")), RATE)
    torch.testing.assert_close(one, torch.from_numpy((tone(49).astype("<f4").astype(float) / 2).astype("f4")))
