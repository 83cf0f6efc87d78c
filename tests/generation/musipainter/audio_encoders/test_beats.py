"""How much of a recording BEATs hears, and what it says about it."""

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file, save_file

from generation.errors import AudioError, CheckpointError
from generation.musipainter.audio_encoders.beats import BeatsEncoder
from generation.musipainter.audio_encoders.encoder import AudioEncoder
from generation.musipainter.audio_encoders.hearing import listen, read_window
from generation.networks.beats import Beats
from tests.generation.musipainter.toy import tiny_beats, write_beats_checkpoint


def noise(seconds, seed=0, rate=16_000):
    return torch.rand(round(seconds * rate), generator=torch.Generator().manual_seed(seed)) - 0.5


def hear(beats, path):
    return listen(beats, read_window(beats, path), path.name)


def encoder(window="windows"):
    return BeatsEncoder(tiny_beats(), window=window)


def test_fits_the_protocol_of_audio_encoders():
    beats: AudioEncoder = encoder()
    assert (beats.name, beats.sample_rate, beats.channels) == ("beats", 16_000, 24)
    assert beats.state() == {}
    beats.load_state({})
    beats.fit([torch.zeros(3, 24)])
    features = torch.rand(3, 24)
    assert torch.equal(beats.condition(features), features)


def test_published_network_gives_2304_channels():
    with torch.device("meta"):
        assert BeatsEncoder(Beats(), device="meta").channels == 2304


@pytest.mark.parametrize(
    ("window", "heard", "tokens"), [("crop5", 5.0, 248), ("windows", 30.0, 6 * 248), ("full", 30.0, 1_496)]
)
def test_each_mode_hears_its_seconds_and_gives_its_tokens(tmp_path, window, heard, tokens):
    soundfile.write(tmp_path / "long.wav", noise(31).numpy(), 16_000, subtype="FLOAT")
    beats = encoder(window)
    assert beats.window_seconds == heard
    features = hear(beats, tmp_path / "long.wav")
    assert features.shape == (tokens, 24)
    assert features.dtype == torch.float32
    torch.testing.assert_close(features, beats.encode(noise(31)[: round(heard * 16_000)]))


def test_windows_are_heard_one_by_one():
    whole = encoder().encode(noise(30))
    parts = [encoder("full").encode(part) for part in noise(30).split(80_000)]
    torch.testing.assert_close(whole, torch.cat(parts))
    assert (whole - encoder("full").encode(noise(30))[: len(whole)]).abs().max() > 0.1


@pytest.mark.parametrize(
    ("seconds", "tokens"), [(29.9, 5 * 248 + 240), (5.1, 248), (5.175, 248 + 8), (5.0, 248), (3.0, 144), (0.175, 8)]
)
def test_a_recording_that_ends_early_gives_fewer_tokens(seconds, tokens):
    assert encoder().encode(noise(seconds)).shape == (tokens, 24)


@pytest.mark.parametrize("window", ["crop5", "windows", "full"])
def test_less_than_2800_samples_is_refused_by_name(tmp_path, window):
    soundfile.write(tmp_path / "click.wav", noise(0.175)[:-1].numpy(), 16_000)
    with pytest.raises(AudioError, match=r"click.wav: is too short for BEATs: 2799 samples .* at least 2,800"):
        hear(encoder(window), tmp_path / "click.wav")


def test_any_rate_and_all_channels_are_heard(tmp_path):
    t = np.arange(2 * 44_100) / 44_100
    left, right = 0.5 * np.sin(2 * np.pi * 440 * t), 0.5 * np.sin(2 * np.pi * 900 * t)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), 44_100, subtype="FLOAT")
    t = np.arange(2 * 16_000) / 16_000
    mono = (np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 900 * t)) / 4
    ours = hear(encoder(), tmp_path / "stereo.wav")
    expected = encoder().encode(torch.from_numpy(mono).float())
    assert ours.shape == expected.shape == (12 * 8, 24)
    inner = slice(8, -8)  # the resampling filter rings at both ends
    assert (ours - expected)[inner].abs().mean() < 0.05 * expected.std()


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    samples = noise(2).numpy()
    samples[5] = np.nan
    soundfile.write(tmp_path / "broken.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(AudioError, match="broken.wav: holds samples that are no numbers"):
        hear(encoder(), tmp_path / "broken.wav")


def test_a_clip_is_heard_alike_alone_and_beside_others():
    clips = torch.stack([noise(5.5, seed) for seed in range(3)])
    together = encoder().encode_batch(clips)
    for clip, features in zip(clips, together, strict=True):
        torch.testing.assert_close(encoder().encode(clip), features)


def test_features_carry_no_gradient_unless_the_network_is_trained():
    beats = encoder()
    assert not beats.encode_batch(noise(1)[None]).requires_grad
    beats.network.requires_grad_(True)
    assert beats.encode_batch(noise(1)[None]).requires_grad
    assert not beats.encode(noise(1)).requires_grad


def test_description_tells_modes_and_weights_apart(tmp_path):
    first = BeatsEncoder.load(write_beats_checkpoint(tmp_path / "a.pt", tiny_beats(0)))
    second = BeatsEncoder.load(write_beats_checkpoint(tmp_path / "b.pt", tiny_beats(1)), window="crop5")
    assert first.describe()["window"] == "windows"
    assert second.describe()["window"] == "crop5"
    assert first.describe()["weights_sha256"] != second.describe()["weights_sha256"]
    assert torch.equal(first.encode(noise(1)), encoder().encode(noise(1)))


def test_unknown_modes_and_foreign_states_are_refused():
    with pytest.raises(CheckpointError, match="no window mode 'middle'; choose one of crop5, windows, full"):
        encoder("middle")
    with pytest.raises(CheckpointError, match="the tensor encoder.layer_norm.bias of BEATs is missing"):
        encoder().load_state({"mean": torch.zeros(1)})


def test_a_trained_network_is_part_of_the_checkpoint(tmp_path):
    trained = encoder()
    trained.train_network(gradient_checkpointing=True)
    assert trained.network.gradient_checkpointing
    assert all(parameter.requires_grad for parameter in trained.network.parameters())
    with torch.no_grad():
        for parameter in trained.network.parameters():
            parameter.add_(0.01)
    save_file(trained.state(), tmp_path / "state.safetensors")  # refuses tensors that are kept twice
    fresh = encoder()
    fresh.load_state(load_file(tmp_path / "state.safetensors"))
    assert torch.equal(fresh.encode(noise(1)), trained.encode(noise(1)))
    assert not torch.equal(fresh.encode(noise(1)), encoder().encode(noise(1)))
