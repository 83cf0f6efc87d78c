import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.distribution import frechet_distance
from analysis.errors import EmbeddingsError
from analysis.metrics import feature_block
from analysis.reading.features import load_features
from tests.analysis.damage import damaged
from tests.analysis.metric_files import write_features


def change(path, **changes):
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored.files} | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_features": None}, "key 'image_features' is missing; write the file again with compute_metrics"),
        ({"image_ids": None}, "key 'image_ids' is missing; write the file again with compute_metrics"),
        ({"image_features": np.full((16, 6), np.nan, "f4")}, "image_features row 0 holds NaN"),
        (
            {"image_features": np.full((16, 6), 3.1e200)},
            r"image_features row 0 holds 3.1e\+200, which no network gives",
        ),
        ({"reference_features": np.full((16, 6), -2e12)}, r"reference_features row 0 holds 2e\+12, which no network"),
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
    change(path, **changes)
    with pytest.raises(EmbeddingsError, match=words) as error:
        load_features(path)
    assert "f.npz" in str(error.value)


def test_half_precision_is_read(tmp_path):
    path = write_features(tmp_path / "f.npz")
    change(path, image_features=load_features(path).images.astype(np.float16))
    assert load_features(path).images.max() < 65_504


def test_labels_meet_whatever_blanks_they_have(tmp_path):
    path = write_features(tmp_path / "f.npz")
    labels = load_features(path).image_labels
    change(path, reference_labels=np.array([f" {label}\u00a0" for label in labels]))
    assert load_features(path).reference_labels.tolist() == labels.tolist()


def test_labels_that_do_not_meet_are_named(tmp_path):
    path = write_features(tmp_path / "f.npz")
    change(path, image_labels=np.array(["A", "B"] * 8), reference_labels=np.array([f"C{n}" for n in range(16)]))
    words = "image_labels has 'A', 'B', reference_labels has 'C0', 'C1', 'C10', 'C11', 'C12' and 11 more; call"
    with pytest.raises(EmbeddingsError, match=words):
        load_features(path)


def test_labels_of_one_side_alone_are_a_note(tmp_path):
    path = write_features(tmp_path / "f.npz")
    change(path, image_labels=np.array(["A", "B"] * 8), reference_labels=np.array(["A"] * 8 + ["C"] * 8))
    notes = feature_block(path)["notes"]
    assert "No reference artwork has the label of these images: B." in notes
    assert "8 reference artworks have labels of no image: C; left out." in notes
    assert not any("left out" in note for note in feature_block(path, ["A"])["notes"])


@given(st.data())
@settings(max_examples=30)
def test_a_damaged_archive_is_read_or_refused_in_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged", numbered=True) / "f.npz"
    path.write_bytes(data.draw(damaged(write_features(path).read_bytes())))
    try:
        refusal = ""
        load_features(path)
    except EmbeddingsError as error:
        refusal = str(error)
    assert len(refusal.splitlines()) <= 1


def test_an_archive_whose_header_no_parser_takes_is_named(tmp_path):
    path = write_features(tmp_path / "f.npz")
    path.write_bytes(path.read_bytes().replace(b"{'descr'", b"{('descr'", 1))
    with pytest.raises(EmbeddingsError, match="f.npz: is not a readable .npz archive"):
        load_features(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.floats(width=64) | st.floats(min_value=1e11, max_value=1e13),
    row=st.integers(0, 15),
    key=st.sampled_from(["image_features", "reference_features"]),
)
def test_any_value_gives_a_distance_that_is_a_number_or_is_named(tmp_path, value, row, key):
    path = write_features(tmp_path / "f.npz")
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays[key] = arrays[key].astype(np.float64)
    arrays[key][row, 0] = value
    np.savez(path, **arrays)
    if np.isfinite(value) and abs(value) <= 1e12:
        found = load_features(path)
        assert np.isfinite(frechet_distance(found.images, found.references))
    else:
        with pytest.raises(EmbeddingsError, match=rf"^[^\n]*f\.npz: {key} row {row} holds [^\n]+$"):
            load_features(path)
