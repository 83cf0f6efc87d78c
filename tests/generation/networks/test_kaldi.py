"""The BEATs front end against torchaudio's Kaldi port and against recorded values."""

import math

import pytest
import torch
from torchaudio.compliance import kaldi as reference

from generation.networks.kaldi import beats_fbank, fbank, frame_count, mel_filters

LOG_EPS = math.log(torch.finfo(torch.float32).eps)


def two_tones(seconds=5.0):
    t = torch.arange(round(16_000 * seconds), dtype=torch.float64) / 16_000
    return (0.5 * torch.sin(2 * torch.pi * 440 * t) + 0.25 * torch.sin(2 * torch.pi * 1760 * t)).float()


def noise(samples, seed=0):
    return torch.randn(samples, generator=torch.Generator().manual_seed(seed)) * 0.1


@pytest.mark.parametrize(
    "waveform",
    [two_tones(), noise(80_000), noise(400, 1), noise(559, 2), noise(560, 3), torch.zeros(2_800), noise(16_000) + 0.3],
    ids=["tones", "noise", "one frame", "one frame and a rest", "two frames", "silence", "offset"],
)
def test_equals_torchaudio_bit_for_bit(waveform):
    expected = reference.fbank(
        waveform[None] * 2**15, num_mel_bins=128, sample_frequency=16_000, frame_length=25, frame_shift=10
    )
    ours = fbank(waveform)
    assert ours.shape == (frame_count(len(waveform)), 128)
    assert torch.equal(ours, expected)


def test_recorded_values_of_two_tones():
    energies = fbank(two_tones())
    assert energies.shape == (498, 128)
    # Within the rounding of float32, which differs between processors: 2e-6 of the value.
    assert energies.mean().item() == pytest.approx(8.599305, rel=2e-6)
    assert energies.std().item() == pytest.approx(7.336876, rel=2e-6)
    normalised = beats_fbank(two_tones())
    assert normalised.mean().item() == pytest.approx(-0.519945, abs=2e-6)
    assert normalised.std().item() == pytest.approx(0.559570, abs=2e-6)
    assert normalised.max().item() == pytest.approx(0.849232, abs=2e-6)
    expected = torch.tensor([-0.458149, -0.673824, -0.411201, -2.391693])
    torch.testing.assert_close(normalised[0, :4], expected, atol=2e-6, rtol=0)
    assert normalised[0].argmax().item() == 63


def test_silence_and_the_empty_band_lie_at_the_floor():
    assert torch.equal(fbank(torch.zeros(16_000)), torch.full((98, 128), LOG_EPS))
    torch.testing.assert_close(beats_fbank(torch.zeros(800)), torch.full((3, 128), -2.391693), atol=1e-6, rtol=0)
    assert torch.equal(fbank(noise(16_000))[:, 3], torch.full((98,), LOG_EPS))
    filters = mel_filters()
    assert (filters.sum(dim=1) == 0).nonzero().flatten().tolist() == [3]
    assert filters[:, 256].abs().max() == 0


@pytest.mark.parametrize(("seconds", "frames"), [(1, 98), (5, 498), (10, 998), (30, 2998)])
def test_frames_of_whole_seconds(seconds, frames):
    assert frame_count(16_000 * seconds) == frames


def test_too_short_a_waveform_has_no_frame():
    assert [frame_count(n) for n in (0, 399, 400)] == [0, 0, 1]


def test_moving_by_one_shift_moves_the_frames_by_one():
    waveform = noise(16_000)
    torch.testing.assert_close(fbank(waveform[160:]), fbank(waveform)[1:])
