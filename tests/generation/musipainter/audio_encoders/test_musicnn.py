"""The musicnn encoder: tokens against the network itself, and scaling by the train split."""

import numpy as np
import pytest
import torch

from generation.demo import GOLDEN, PACK, WEIGHTS
from generation.errors import CheckpointError
from generation.musipainter.audio_encoders.musicnn import MusicnnEncoder
from generation.networks.audio import load_audio

CLIP = PACK / "audio" / "heavy-metal" / "chaos-god-a.mp3"


@pytest.fixture(scope="module")
def encoder():
    return MusicnnEncoder(WEIGHTS / "musicnn-mtt.safetensors")


def test_thirty_seconds_give_forty_tokens_of_192_channels(encoder):
    waveform = load_audio(CLIP, 16_000)
    tokens = encoder.encode(waveform)
    assert tokens.shape == (40, 192)
    features = encoder.network(encoder.network.patches(encoder.network.log_mel(waveform)))
    depths = torch.cat([features.cnn1, features.cnn2, features.cnn3], dim=-1)
    # Parts of 47, 47, 47 and 46 frames in every patch of 187.
    torch.testing.assert_close(tokens[0], depths[0, :47].mean(0))
    torch.testing.assert_close(tokens[3], depths[0, 141:].mean(0))
    torch.testing.assert_close(tokens[39], depths[9, 141:].mean(0))


@pytest.mark.parametrize("clip", ["chaos-god-a", "mille-regrets"])
def test_tokens_equal_the_original_network(encoder, clip):
    golden = np.load(GOLDEN / "musicnn_golden.npz")
    waveform = torch.from_numpy(golden[f"{clip}/waveform_16k_first_48000"].astype(np.float32) / 32768)
    tokens = encoder.encode(waveform)
    layers = [golden[f"mtt/{clip}/{name}_patch0"].astype(np.float64) for name in ("cnn1", "cnn2", "cnn3")]
    parts = np.split(np.concatenate(layers, axis=1), [47, 94, 141])
    # The golden values are kept in half precision.
    np.testing.assert_allclose(tokens, [part.mean(axis=0) for part in parts], atol=2e-3, rtol=1e-3)


def test_features_are_scaled_by_the_train_split(encoder):
    features = [torch.randn(10, 192) * 3 + 5, torch.randn(10, 192)]
    features[0][:, 7] = features[1][:, 7] = 2.5  # a channel that never varies
    encoder.fit(features)
    tokens = torch.cat(features).double()
    expected = (tokens - tokens.mean(0)) / tokens.std(0, unbiased=False).clamp_min(1e-6)
    scaled = encoder.condition(torch.cat(features))
    torch.testing.assert_close(scaled, expected.clamp(-2, 2).float(), atol=1e-4, rtol=1e-4)
    assert scaled[:, 7].abs().max() == 0


def test_other_music_cannot_lie_a_million_deviations_away(encoder):
    encoder.fit([torch.zeros(4, 192)])
    assert encoder.condition(torch.ones(1, 192)).abs().max() == 2


def test_statistics_come_back_and_others_are_refused(encoder):
    encoder.fit([torch.randn(9, 192)])
    state, probe = encoder.state(), torch.randn(5, 192)
    expected = encoder.condition(probe)
    encoder.fit([torch.randn(9, 192)])
    encoder.load_state(state)
    assert torch.equal(encoder.condition(probe), expected)
    with pytest.raises(CheckpointError, match="of a musicnn encoder"):
        encoder.load_state({"mean": torch.zeros(3), "std": torch.ones(3)})
