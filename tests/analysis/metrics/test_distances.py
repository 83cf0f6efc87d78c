import json

import pytest

from analysis.distribution.frechet import frechet_distance
from analysis.metrics.distances import feature_block
from analysis.reading.features import load_features
from tests.analysis.metric_files import CATEGORIES, write_features


def test_distances_are_those_of_the_rows(tmp_path):
    path = write_features(tmp_path / "f.npz", clips=6)
    found = feature_block(path, CATEGORIES)
    rows = load_features(path)
    assert found["frechet"]["value"] == pytest.approx(frechet_distance(rows.images, rows.references))
    assert found["names"]["frechet"] == "Fréchet distance (toy net)"
    assert (found["n_images"], found["n_references"], found["dimensions"]) == (24, 24, 6)
    assert found["duplicates"]["n_images_total"] == 24
    json.dumps(found, allow_nan=False)


def test_only_the_study_s_categories_count(tmp_path):
    path = write_features(tmp_path / "f.npz")
    assert feature_block(path, ["Sky", "Water"])["n_images"] == 8
    none = feature_block(path, ["Elsewhere"])
    assert (none["status"], none["reason"]) == ("too_small", "no image of these categories has features")


def test_fid_keeps_its_tool_s_name(tmp_path):
    path = write_features(tmp_path / "f.npz", about={"distance_name": "FID (pytorch-fid)", "name": "inception"})
    names = feature_block(path)["names"]
    assert (names["frechet"], names["kernel"]) == ("FID (pytorch-fid)", "KID (pytorch-fid)")
