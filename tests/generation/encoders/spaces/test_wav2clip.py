"""Wav2CLIP on random weights of the true shapes: against the network written a second time, and what it must refuse."""

import sys

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from generation.encoders.features.cache import FeatureCache
from generation.encoders.spaces import wav2clip
from generation.encoders.spaces.space import SpaceOpening
from generation.encoders.spaces.wav2clip import Wav2ClipExtractor, Wav2ClipSpace
from generation.errors import AudioError, EmbeddingError
from generation.networks.audio import load_audio
from tests.generation.encoders import clip_weights, wav2clip_weights

TENSORS = wav2clip_weights.make_tensors()


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return wav2clip_weights.write_file(tmp_path_factory.mktemp("weights"), TENSORS)


@pytest.fixture(scope="module")
def extractor(weights):
    return Wav2ClipExtractor(weights)


class NoImages:
    """Stands where a test asks for sounds only."""

    notes = ()

    def describe(self):
        return {"weights": {}, "features": "none", "versions": {}}


def opening(weights, features=None):
    return SpaceOpening(weights=weights, features=features, heads=weights, clips=list, artworks=list)


def make_waveform(seconds, *, seed=0, rate=16_000):
    """A chord in noise: (N,) in [-1, 1]."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    tones = sum(np.sin(2 * np.pi * frequency * time) for frequency in (220 + 30 * seed, 555, 1760))
    return torch.from_numpy((0.15 * tones + 0.05 * noise).astype(np.float32))


def write_clip(path, waveform, rate=16_000):
    soundfile.write(path, waveform.numpy(), rate, subtype="FLOAT")
    return path


def cosine(a, b):
    return float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))


def test_network_has_the_published_shapes(extractor):
    assert sum(parameter.numel() for parameter in extractor.network.encoder.parameters()) == 11_170_240
    assert sum(parameter.numel() for parameter in extractor.network.transform.parameters()) == 525_312
    assert not any(module.training for module in extractor.network.modules())


@pytest.mark.parametrize("seconds", [0.5, 2])
def test_embedding_equals_a_second_implementation(extractor, seconds):
    waveform = make_waveform(seconds)
    expected = wav2clip_weights.embed(TENSORS, waveform).numpy()
    np.testing.assert_allclose(extractor.embed_waveform(waveform), expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_clip_alone_equals_the_clip_in_any_batch(extractor, tmp_path):
    paths = [
        write_clip(tmp_path / "loud.wav", make_waveform(2, seed=1)),
        write_clip(tmp_path / "quiet.wav", 0.01 * make_waveform(3, seed=2)),
        write_clip(tmp_path / "short.wav", make_waveform(0.3, seed=3)),
    ]
    space = Wav2ClipSpace(extractor, NoImages(), cache=FeatureCache(None))
    together, backwards = space.embed_audio(paths), space.embed_audio(paths[::-1])[::-1]
    alone = np.concatenate([space.embed_audio([path]) for path in paths])
    assert together.shape == (3, 512)
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(backwards, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=0, atol=1e-6)
    # What one call for all clips would have done, and why there is one call per clip: the quiet neighbour counts.
    pair = torch.stack([make_waveform(2, seed=1), 0.01 * make_waveform(2, seed=2)])
    with torch.no_grad():
        shared = extractor.network(pair)[0].numpy()
    assert np.abs(shared - extractor.embed_waveform(pair[0])).max() > 0.01


def test_loudness_hardly_counts(extractor):
    waveform = make_waveform(3)
    # Not exactly 1: the logarithm's floor of 1e-7 stays where it is while the clip becomes quieter.
    assert cosine(extractor.embed_waveform(waveform), extractor.embed_waveform(0.1 * waveform)) > 0.99999


def test_files_are_heard_as_16_khz_mono(extractor, tmp_path):
    stereo = np.stack([make_waveform(2, rate=44_100).numpy(), make_waveform(2, seed=1, rate=44_100).numpy()], axis=1)
    soundfile.write(tmp_path / "stereo.flac", stereo, 44_100)
    space = Wav2ClipSpace(extractor, NoImages(), cache=FeatureCache(None))
    expected = extractor.embed_waveform(load_audio(tmp_path / "stereo.flac", 16_000))
    row = space.embed_audio([tmp_path / "stereo.flac"])[0]
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), rtol=0, atol=1e-6)


def test_three_windows_are_the_mean_of_their_unit_embeddings(weights, extractor, monkeypatch):
    monkeypatch.setattr(wav2clip, "WINDOW_S", 1)
    windowed = Wav2ClipExtractor(weights, windows="three-10s")
    waveform = make_waveform(2.4)
    parts = [extractor.embed_waveform(waveform[start : start + 16_000]) for start in (0, 11_200, 22_400)]
    expected = np.mean([part / np.linalg.norm(part) for part in parts], axis=0)
    np.testing.assert_allclose(windowed.embed_waveform(waveform), expected, rtol=0, atol=1e-6)
    short = waveform[:16_000]
    np.testing.assert_array_equal(windowed.embed_waveform(short), extractor.embed_waveform(short))
    assert windowed.describe() != extractor.describe()
    assert Wav2ClipSpace(windowed, NoImages(), cache=FeatureCache(None)).name == "wav2clip-three-10s"


@pytest.mark.parametrize(
    ("seconds", "windows"),
    [(30, [(0, 10), (10, 20), (20, 30)]), (24, [(0, 10), (7, 17), (14, 24)]), (10, [(0, 10)]), (4, [(0, 4)])],
)
def test_three_windows_are_spread_from_start_to_end(weights, monkeypatch, seconds, windows):
    windowed = Wav2ClipExtractor(weights, windows="three-10s")
    heard = []

    def note(window):
        heard.append((float(window[0, 0]) / 16_000, float(window[0, -1] + 1) / 16_000))
        return torch.ones(1, 512)

    monkeypatch.setattr(windowed, "network", note)
    windowed.embed_waveform(torch.arange(seconds * 16_000, dtype=torch.float32))
    assert heard == windows


def test_description_names_the_weights_and_the_option(extractor, weights):
    description = Wav2ClipSpace(extractor, NoImages(), cache=FeatureCache(None)).describe()
    assert description["name"] == "wav2clip"
    assert description["weights"] == {"Wav2CLIP.pt": extractor.weights.sha256}
    assert description["options"]["audio_windows"] == "whole"
    assert description["versions"]["wav2clip"] == "0.1.0"


def test_space_opens_from_one_folder_and_embeds_nothing_twice(tmp_path, monkeypatch):
    wav2clip_weights.write_file(tmp_path, TENSORS)
    clip_weights.write_folder(tmp_path / "clip-vit-base-patch32", clip_weights.make_tensors())
    write_clip(tmp_path / "clip.wav", make_waveform(1))
    Image.fromarray(np.arange(90 * 60 * 3, dtype=np.uint8).reshape(90, 60, 3)).save(tmp_path / "image.png")
    space = Wav2ClipSpace.open(opening(tmp_path, tmp_path / "cache"))
    audio, images = space.embed_audio([tmp_path / "clip.wav"]), space.embed_images([tmp_path / "image.png"])
    assert audio.shape == images.shape == (1, 512)
    assert audio.dtype == images.dtype == np.float32
    assert set(space.describe()["weights"]) == {"Wav2CLIP.pt", "clip-vit-base-patch32/pytorch_model.bin"}
    monkeypatch.setattr(space.audio, "extract", None)
    monkeypatch.setattr(space.image, "extract", None)
    np.testing.assert_array_equal(space.embed_audio([tmp_path / "clip.wav"]), audio)
    np.testing.assert_array_equal(space.embed_images([tmp_path / "image.png"]), images)


def test_loading_leaves_the_global_generator_alone(weights):
    before = torch.get_rng_state()
    Wav2ClipExtractor(weights)
    assert torch.equal(before, torch.get_rng_state())


def test_unknown_windows_are_refused(weights):
    with pytest.raises(EmbeddingError, match="^Audio windows are whole or three-10s, not 'five'.$"):
        Wav2ClipExtractor(weights, windows="five")


@pytest.mark.parametrize(
    ("waveform", "reason"),
    [(torch.zeros(16_000), "is silent from start to end"), (torch.ones(256), "is too short: 256 samples at 16 kHz")],
)
def test_clips_without_usable_sound_are_refused_by_name(extractor, tmp_path, waveform, reason):
    path = write_clip(tmp_path / "clip.wav", waveform)
    space = Wav2ClipSpace(extractor, NoImages(), cache=FeatureCache(None))
    with pytest.raises(AudioError, match=f"^clip.wav: {reason}"):
        space.embed_audio([path])


def test_the_shortest_clip_is_embedded(extractor):
    assert np.isfinite(extractor.embed_waveform(make_waveform(257 / 16_000))).all()


def without(name):
    return {key: tensor for key, tensor in TENSORS.items() if key != name}


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        (
            without("audio_encoder.layer4.1.bn2.bias"),
            "the tensor audio_encoder.layer4.1.bn2.bias of wav2clip is missing.",
        ),
        (
            without("audio_transform.sequential.3.weight"),
            "the tensor audio_transform.sequential.3.weight of wav2clip is missing.",
        ),
        (
            TENSORS | {"audio_encoder.conv1.weight": torch.zeros(64, 3, 7, 7)},
            r"the tensor audio_encoder.conv1.weight of wav2clip has the shape \(64, 3, 7, 7\), not \(64, 1, 7, 7\).",
        ),
        (
            TENSORS | {"audio_transform.sequential.0.bias": torch.full((512,), torch.nan)},
            "the tensor audio_transform.sequential.0.bias of wav2clip holds values that are no numbers.",
        ),
    ],
)
def test_wrong_weights_are_refused_naming_the_tensor(tmp_path, tensors, reason):
    path = wav2clip_weights.write_file(tmp_path, tensors)
    with pytest.raises(EmbeddingError, match=f"^{path}: {reason}$"):
        Wav2ClipExtractor(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([1, 2], "is no wav2clip weights file: it is not a table of named tensors"),
        ({"model": torch.nn.Linear(1, 1)}, "cannot be read as wav2clip weights"),
    ],
)
def test_files_of_another_sort_are_refused(tmp_path, content, reason):
    path = tmp_path / "Wav2CLIP.pt"
    torch.save(content, path)
    with pytest.raises(EmbeddingError, match=f"^{path} {reason}") as refusal:
        Wav2ClipExtractor(path)
    assert "\n" not in str(refusal.value)


def test_tensors_of_other_networks_and_missing_batch_counters_are_no_obstacle(tmp_path, extractor):
    tensors = {name: tensor for name, tensor in TENSORS.items() if "num_batches" not in name}
    path = wav2clip_weights.write_file(tmp_path, tensors | {"image_transform.weight": torch.zeros(3)})
    waveform = make_waveform(1)
    expected = extractor.embed_waveform(waveform)
    np.testing.assert_array_equal(Wav2ClipExtractor(path).embed_waveform(waveform), expected)


def test_without_weights_one_line_says_where_to_put_them(tmp_path):
    with pytest.raises(EmbeddingError) as refusal:
        Wav2ClipSpace.open(opening(tmp_path))
    assert str(refusal.value) == f"There are no wav2clip weights: put Wav2CLIP.pt into {tmp_path}."


def test_without_the_package_one_line_says_what_to_install(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "wav2clip", None)
    monkeypatch.setitem(sys.modules, "wav2clip.model", None)
    monkeypatch.setitem(sys.modules, "wav2clip.model.encoder", None)
    with pytest.raises(
        EmbeddingError, match=r"^The space wav2clip needs the package .*: pip install -c constraints.txt -e '.\[gen"
    ):
        Wav2ClipExtractor(weights)
