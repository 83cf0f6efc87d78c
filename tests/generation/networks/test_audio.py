"""Reading sound files: formats, channels, rates, and files that are not what they should be."""

import io
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from generation.demo import PACK
from generation.errors import AudioError
from generation.networks.audio import load_audio

MP3 = PACK / "audio" / "heavy-metal" / "chaos-god-a.mp3"


def tone(seconds=1.0, rate=44_100, hertz=440.0, channels=1):
    t = np.arange(round(seconds * rate)) / rate
    mono = 0.5 * np.sin(2 * np.pi * hertz * t)
    return np.stack([mono] * channels, axis=1)


@pytest.mark.parametrize(
    ("suffix", "atol"), [(".wav", 1e-4), (".flac", 1e-4), (".ogg", 0.05), (".mp3", 0.05)], ids=lambda v: str(v)
)
def test_every_format_gives_the_same_tone(tmp_path, suffix, atol):
    path = tmp_path / f"tone{suffix}"
    soundfile.write(path, tone(seconds=2), 44_100)
    waveform = load_audio(path, 44_100)
    assert waveform.dtype == torch.float32
    assert waveform.ndim == 1
    middle = slice(10_000, 60_000)
    np.testing.assert_allclose(waveform[middle], tone(seconds=2)[middle, 0], atol=atol)


def test_channels_are_averaged(tmp_path):
    left, right = tone(hertz=440)[:, 0], tone(hertz=700)[:, 0]
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), 44_100, subtype="FLOAT")
    waveform = load_audio(tmp_path / "stereo.wav", 44_100)
    np.testing.assert_allclose(waveform, (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_is_resampled_to_the_asked_one(tmp_path, rate):
    soundfile.write(tmp_path / "tone.wav", tone(rate=rate), rate, subtype="FLOAT")
    waveform = load_audio(tmp_path / "tone.wav", 16_000)
    assert abs(len(waveform) - 16_000) <= 1
    expected = tone(rate=16_000)[:, 0]
    np.testing.assert_allclose(waveform[500:15_500], expected[500:15_500], atol=2e-3)


def test_sound_above_the_new_nyquist_frequency_is_removed(tmp_path):
    soundfile.write(tmp_path / "high.wav", tone(hertz=12_000), 44_100, subtype="FLOAT")
    assert load_audio(tmp_path / "high.wav", 16_000)[500:-500].abs().max() < 2e-3


def test_reading_twice_and_from_memory_gives_identical_samples():
    first = load_audio(MP3, 16_000)
    assert torch.equal(first, load_audio(str(MP3), 16_000))
    assert torch.equal(first, load_audio(io.BytesIO(MP3.read_bytes()), 16_000))
    assert len(first) == 30 * 16_000


def test_missing_foreign_and_empty_files_say_why(tmp_path):
    with pytest.raises(AudioError, match="not a readable sound file"):
        load_audio(tmp_path / "nothing.wav", 16_000)
    (tmp_path / "text.mp3").write_text("la la la\n" * 50)
    with pytest.raises(AudioError, match="not a readable sound file"):
        load_audio(tmp_path / "text.mp3", 16_000)
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 1)), 44_100)
    with pytest.raises(AudioError, match="holds no sound"):
        load_audio(tmp_path / "empty.wav", 16_000)


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".wav"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix):
    path = tmp_path / f"cut{suffix}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.3, 0.3, 200_000), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioError, match="cut off|not a readable sound file"):
        load_audio(path, 44_100)


def test_a_wav_stream_of_unstated_length_is_read_to_its_end(tmp_path):
    soundfile.write(tmp_path / "stream.wav", tone(), 44_100)
    data = bytearray((tmp_path / "stream.wav").read_bytes())
    place = data.index(b"data") + 4
    data[4:8] = data[place : place + 4] = (0xFFFFFFFF).to_bytes(4, "little")
    assert len(load_audio(io.BytesIO(bytes(data)), 44_100)) == 44_100


def test_a_header_that_states_an_impossible_length_is_refused(tmp_path):
    soundfile.write(tmp_path / "long.flac", tone(), 44_100)
    data = bytearray((tmp_path / "long.flac").read_bytes())
    # STREAMINFO: 36 bits of total samples end with byte 26.
    data[21] |= 0x0F
    with pytest.raises(AudioError, match="states a length of .* hours; at most 3 are read"):
        load_audio(io.BytesIO(bytes(data)), 16_000)


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    samples = tone()
    samples[100] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 44_100, subtype="FLOAT")
    with pytest.raises(AudioError, match="no numbers"):
        load_audio(tmp_path / "nan.wav", 16_000)


def test_importing_generation_loads_neither_torch_nor_torchaudio():
    code = "import sys, generation, generation.files.sound; print(sorted({'torch', 'torchaudio'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_torchaudio_is_usable_whatever_torch_stands_beside_it():
    code = (
        "import generation, torch, torchaudio.functional as F;"
        "print(tuple(F.resample(torch.zeros(1, 441), 44100, 16000).shape))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "(1, 160)"
