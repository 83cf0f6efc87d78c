"""Image features by name: each network under its own, FID only where it is FID."""

import numpy as np
import pytest
from PIL import Image

from generation.encoders.features.distribution import DistributionFeatures
from generation.encoders.features.inception import RECIPES, Recipe
from generation.encoders.features.registry import FEATURES
from generation.encoders.weight_files import WeightFile
from generation.errors import EmbeddingError
from tests.generation.encoders import inception_weights


def test_names_are_one_per_network_and_convention():
    assert tuple(FEATURES) == (
        "efficientnet-lite2",
        "inception-pytorch-fid",
        "inception-torch-fidelity",
        "inception-clean-fid",
    )


def test_efficientnet_needs_no_file_and_is_not_called_fid(tmp_path):
    features = DistributionFeatures.open("efficientnet-lite2", tmp_path, features=None)
    Image.fromarray(inception_weights.make_pixels(90, 120)).save(tmp_path / "a.png")
    assert features.embed_images([tmp_path / "a.png"]).shape == (1, 1280)
    description = features.describe()
    assert description["distance_name"] == "Fréchet distance (EfficientNet-Lite2)"
    assert description["notes"] == ["Not FID: another network than FID's; comparable with no published FID."]


def test_fid_is_the_published_file_with_a_convention(tmp_path, monkeypatch):
    path = inception_weights.write_file(tmp_path, inception_weights.make_tensors())
    other = DistributionFeatures.open("inception-pytorch-fid", tmp_path, features=None, other_weights=True)
    assert other.distance_name == "Fréchet distance (Inception as pytorch-fid, other weights)"
    published = Recipe(**(vars(RECIPES["pytorch-fid"]) | {"published_sha256": WeightFile.read(path).sha256}))
    monkeypatch.setitem(RECIPES, "pytorch-fid", published)
    features = DistributionFeatures.open("inception-pytorch-fid", tmp_path, features=None)
    assert features.distance_name == "FID (pytorch-fid)"
    assert features.describe()["notes"] == []


def test_features_are_stored_once_per_convention(tmp_path):
    inception_weights.write_file(tmp_path, inception_weights.make_tensors())
    Image.fromarray(inception_weights.make_pixels(90, 120)).save(tmp_path / "a.png")
    rows = {}
    for name in ("inception-pytorch-fid", "inception-torch-fidelity"):
        features = DistributionFeatures.open(name, tmp_path, features=tmp_path / "cache", other_weights=True)
        rows[name] = features.embed_images([tmp_path / "a.png", tmp_path / "a.png"])
    assert rows["inception-pytorch-fid"].shape == (2, 2048)
    assert not np.array_equal(*rows.values())
    # One entry per convention: neither is served the other's features.
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 2


def test_an_unknown_name_is_refused(tmp_path):
    with pytest.raises(EmbeddingError, match="^Features for distances are efficientnet-lite2, .*; there is no 'fid'.$"):
        DistributionFeatures.open("fid", tmp_path, features=None)
