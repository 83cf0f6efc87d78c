"""musicnn against values of the original graph and checkpoints (the pack's golden file)."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchaudio.functional import melscale_fbanks

from generation.demo import GOLDEN, PACK, WEIGHTS
from generation.errors import AudioError, CheckpointError
from generation.networks.audio import load_audio
from generation.networks.musicnn import MUSICNN_SAMPLE_RATE, PATCH_FRAMES, Musicnn, slaney_mel_filters

INFO = json.loads((GOLDEN / "musicnn_golden.json").read_text())
VALUES = np.load(GOLDEN / "musicnn_golden.npz")
TOLERANCES = INFO["suggested_tolerances"]
SAME_MEL = TOLERANCES["anything from stored mel (same mel)"]
CLIPS = sorted(INFO["clips"])


@pytest.fixture(scope="module", params=["mtt", "msd"])
def network(request):
    return request.param, Musicnn.load(WEIGHTS / f"musicnn-{request.param}.safetensors")


@pytest.fixture(scope="module")
def mtt():
    return Musicnn.load(WEIGHTS / "musicnn-mtt.safetensors")


def close(ours, golden, *, atol, rtol=0.0):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(golden, dtype=np.float32), atol=atol, rtol=rtol)


def test_golden_file_names_two_clips():
    assert CLIPS == ["chaos-god-a", "mille-regrets"]


@pytest.mark.parametrize("clip", CLIPS)
def test_log_mel_of_the_stored_waveform_equals_the_original(mtt, clip):
    waveform = torch.from_numpy(VALUES[f"{clip}/waveform_16k_first_48000"].astype(np.float32) / 32768)
    mel = mtt.log_mel(waveform)
    assert mel.shape == (1 + len(waveform) // 256, 96)
    close(mel[:PATCH_FRAMES], VALUES[f"{clip}/mel_patch0"], **TOLERANCES["mel_patch0 from stored waveform"])


@pytest.mark.parametrize("clip", CLIPS)
def test_layers_of_the_stored_patch_equal_the_original(network, clip):
    name, musicnn = network
    features = musicnn(torch.from_numpy(VALUES[f"{clip}/mel_patch0"])[None])
    close(features.tags[0], VALUES[f"{name}/{clip}/tags_patch0"], **SAME_MEL)
    for layer in ("cnn1", "cnn2", "cnn3"):
        ours = getattr(features, layer)
        assert ours.shape == (1, PATCH_FRAMES, 64)
        # These golden values are stored in half precision.
        close(ours[0], VALUES[f"{name}/{clip}/{layer}_patch0"], **SAME_MEL)


@pytest.mark.parametrize("clip", CLIPS)
def test_clip_features_from_the_mp3_equal_the_original(network, clip):
    name, musicnn = network
    waveform = load_audio(PACK / INFO["clips"][clip], MUSICNN_SAMPLE_RATE)
    features = musicnn(musicnn.patches(musicnn.log_mel(waveform)))
    assert len(features.tags) == INFO["patches_per_clip"]
    assert features.max_pool.shape == features.mean_pool.shape == (10, 753)
    golden = f"{name}/{clip}"
    tags = TOLERANCES["tags_mean from the MP3 with another decoder/resampler"]
    penultimate = TOLERANCES["penultimate_mean from the MP3 with another decoder/resampler"]
    close(features.tags.mean(0), VALUES[f"{golden}/tags_mean"], **tags)
    close(features.penultimate.mean(0), VALUES[f"{golden}/penultimate_mean"], **penultimate)
    # Another resampler's filter moves the bands near 8 kHz, and the largest values (up to 130) with them.
    for layer in ("cnn1", "cnn2", "cnn3"):
        ours = getattr(features, layer).mean(0).flatten()
        theirs = torch.from_numpy(VALUES[f"{golden}/{layer}_mean"]).flatten()
        assert torch.corrcoef(torch.stack([ours, theirs]))[0, 1] > 0.99
    for pool in ("max_pool", "mean_pool"):
        ours, theirs = getattr(features, pool).mean(0), torch.from_numpy(VALUES[f"{golden}/{pool}_mean"])
        assert torch.corrcoef(torch.stack([ours, theirs]))[0, 1] > 0.99


def test_mel_filters_equal_a_second_implementation():
    theirs = melscale_fbanks(257, 0.0, 8000.0, 96, 16_000, norm="slaney", mel_scale="slaney").T
    close(slaney_mel_filters(), theirs, atol=1e-6)


def test_patches_drop_the_incomplete_and_pad_the_short(mtt):
    mel = torch.arange(400 * 96, dtype=torch.float32).reshape(400, 96)
    cut = mtt.patches(mel)
    assert cut.shape == (2, 187, 96)
    assert torch.equal(cut.reshape(-1, 96), mel[:374])
    short = mtt.patches(mel[:5])
    assert short.shape == (1, 187, 96)
    assert torch.equal(short[0, :5], mel[:5])
    assert not short[0, 5:].any()


def test_patch_features_do_not_depend_on_their_neighbours(mtt):
    waveform = load_audio(PACK / INFO["clips"]["mille-regrets"], MUSICNN_SAMPLE_RATE)[: 4 * MUSICNN_SAMPLE_RATE * 3]
    patches = mtt.patches(mtt.log_mel(waveform))
    together = mtt(patches).penultimate
    alone = torch.cat([mtt(patch[None]).penultimate for patch in patches])
    close(together, alone, atol=1e-5, rtol=1e-5)


def test_network_stays_frozen_inside_a_model_in_training(mtt):
    model = torch.nn.Sequential(mtt).train()
    assert not mtt.training
    assert not [p for p in model.parameters() if p.requires_grad]


def test_weights_are_named_by_their_hash(network):
    name, musicnn = network
    listed = json.loads((WEIGHTS / "weights.json").read_text())[f"musicnn-{name}.safetensors"]["sha256"]
    assert musicnn.weights_sha256 == listed
    assert listed == hashlib.sha256((WEIGHTS / f"musicnn-{name}.safetensors").read_bytes()).hexdigest()


def test_missing_foreign_and_incomplete_weights_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no weights file"):
        Musicnn.load(tmp_path / "nothing.safetensors")
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    with pytest.raises(CheckpointError, match="text.safetensors cannot be read as musicnn weights"):
        Musicnn.load(text)
    tensors = load_file(WEIGHTS / "musicnn-mtt.safetensors")
    save_file({k: v for k, v in tensors.items() if k != "dense.bias"}, tmp_path / "less.safetensors")
    with pytest.raises(CheckpointError, match=r"the tensor dense\.bias of musicnn is missing"):
        Musicnn.load(tmp_path / "less.safetensors")
    save_file(tensors | {"more": torch.zeros(1)}, tmp_path / "more.safetensors")
    with pytest.raises(CheckpointError, match="more is no tensor of musicnn"):
        Musicnn.load(tmp_path / "more.safetensors")


@pytest.mark.parametrize("shape", [(2, 16000), (0,)])
def test_anything_but_one_mono_waveform_is_refused(mtt, shape):
    with pytest.raises(AudioError, match="one mono waveform"):
        mtt.log_mel(torch.zeros(shape))
