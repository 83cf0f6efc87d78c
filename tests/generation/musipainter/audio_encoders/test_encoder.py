"""The musicnn encoder: tokens against the network itself, scaling, windows, and errors by name."""

import numpy as np
import pytest
import torch

from generation.demo import GOLDEN, PACK, WEIGHTS
from generation.errors import AudioError, CheckpointError
from generation.musipainter.audio_encoders.hearing import hear_all, listen, read_window
from generation.musipainter.audio_encoders.musicnn import MusicnnEncoder
from generation.musipainter.data import FeatureCache, MediaItem
from generation.networks.audio import load_audio
from tests.generation.media_files import write_tone

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
    with pytest.raises(CheckpointError, match="token statistics"):
        encoder.load_state({"mean": torch.zeros(3), "std": torch.ones(3)})


def test_clips_are_heard_one_by_one_in_order_and_remembered(encoder, tmp_path):
    paths = [write_tone(tmp_path / f"{n}.wav", hertz=200 * (n + 1), rate=16_000) for n in range(4)]
    clips = [MediaItem(sha256=f"{n:064d}", path=path) for n, path in enumerate(paths)]
    cache = FeatureCache(tmp_path / "cache")
    heard = list(hear_all(encoder, clips, cache))
    assert [tokens.shape for tokens in heard] == [(4, 192)] * 4
    # Bits, not closeness: single threads round alike whoever works beside them.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = [listen(encoder, read_window(encoder, path), path.name) for path in paths]
    torch.set_num_threads(threads)
    assert all(torch.equal(ours, lone) for ours, lone in zip(heard, alone, strict=True))
    for path in paths:
        path.unlink()
    assert all(torch.equal(ours, again) for ours, again in zip(heard, hear_all(encoder, clips, cache), strict=True))


def test_a_window_begins_where_it_is_told(encoder, tmp_path):
    path = write_tone(tmp_path / "long.wav", seconds=33, rate=16_000)
    assert len(read_window(encoder, path)) == 30 * 16_000
    assert len(read_window(encoder, path, start=31)) == 2 * 16_000
    with pytest.raises(AudioError, match=r"long.wav: ends before second 40"):
        read_window(encoder, path, start=40)


def test_a_file_that_is_no_sound_is_named(encoder, tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"nonsense")
    with pytest.raises(AudioError, match="noise.wav: not a readable sound file"):
        read_window(encoder, tmp_path / "noise.wav")


def test_features_that_are_no_numbers_are_named(encoder):
    with pytest.raises(AudioError, match="loud.wav: musicnn-mtt gives values that are no finite numbers"):
        listen(encoder, torch.full((50_000,), 1e30), "loud.wav")
