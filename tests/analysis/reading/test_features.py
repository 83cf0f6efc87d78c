import json

import numpy as np
import pytest

from analysis.distribution.frechet import frechet_distance
from analysis.errors import EmbeddingsError
from analysis.metrics.distances import feature_block
from analysis.reading.features import load_features
from analysis.reading.thumbnails import read_thumbnails, shown_images
from tests.analysis.metric_files import CATEGORIES, write_features, write_thumbnails


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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_features": None}, "key 'image_features' is missing; write the file again with compute_metrics"),
        ({"image_ids": None}, "key 'image_ids' is missing; write the file again with compute_metrics"),
        ({"image_features": np.full((16, 6), np.nan, "f4")}, "image_features row 0 holds NaN"),
        ({"image_features": np.zeros((16, 6), "i4")}, "must be a table of floats"),
        ({"image_features": np.zeros((0, 6), "f4")}, "has no rows"),
        ({"reference_features": np.zeros((16, 5), "f4")}, "dimensions differ"),
        ({"image_ids": np.array(["x"] * 16)}, "names 'x' more than once"),
        ({"image_labels": np.array(["x"] * 3)}, "expected one entry for each of 16 rows"),
        ({"features": np.array("{}")}, "does not name the features"),
        ({"features": np.array('{"name": "x"}')}, "does not say what its distance is called"),
        ({"features": np.array("no")}, "does not hold JSON text"),
    ],
)
def test_damaged_files_are_named(tmp_path, changes, words):
    path = write_features(tmp_path / "f.npz")
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored.files} | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(EmbeddingsError, match=words) as error:
        load_features(path)
    assert "f.npz" in str(error.value)


def test_thumbnails_are_checked_against_their_index(tmp_path):
    found = read_thumbnails(write_thumbnails(tmp_path / "t.zip"))
    shown = shown_images(found, ["Sky", "Nowhere"])
    assert [len(row["shown"]) for row in shown["categories"].values()] == [2, 0]
    assert set(found.jpegs) >= {entry["sha256"] for entry in shown["categories"]["Sky"]["shown"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda index: index.update(schema="other/9"), "is not of the form paragone-thumbnails/1"),
        (lambda index: index["images"][0].pop("clip"), "lacks one of image, category, clip"),
        (lambda index: index["images"][0].update(sha256="00"), "0.jpg is not the JPEG picture"),
        (lambda index: index["images"][0].update(file="../x"), "not a readable thumbnails file"),
    ],
)
def test_thumbnails_that_do_not_fit_are_refused(tmp_path, change, words):
    with pytest.raises(EmbeddingsError, match=words):
        read_thumbnails(write_thumbnails(tmp_path / "t.zip", change=change))


def test_other_files_are_no_thumbnails(tmp_path):
    (tmp_path / "t.zip").write_bytes(b"no zip")
    with pytest.raises(EmbeddingsError, match="is not a readable thumbnails file"):
        read_thumbnails(tmp_path / "t.zip")
    with pytest.raises(EmbeddingsError, match="cannot be read"):
        read_thumbnails(tmp_path / "none.zip")
