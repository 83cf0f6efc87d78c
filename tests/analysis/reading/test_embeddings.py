import json

import numpy as np
import pytest

from analysis.errors import EmbeddingsError
from analysis.reading.embeddings import load
from tests.analysis.metrics_golden import random_set, unit


def arrays(**changes) -> dict[str, np.ndarray]:
    """A sound file's keys: 6 images of 3 clips in 2 categories, a fourth clip without images, 2 references."""
    stored = {
        "image_embeddings": unit(random_set(1, 6)).astype("f4"),
        "image_ids": np.array([f"i{n}" for n in range(6)]),
        "image_labels": np.array(["Sky", "Sky", "Sky", "Sky", "Sea", "Sea"]),
        "audio_embeddings": unit(random_set(2, 4)).astype("f4"),
        "audio_ids": np.array([f"c{n}" for n in range(4)]),
        "audio_labels": np.array(["Sky", "Sea", "Sky", "Sea"]),
        "partner": np.array([0, 0, 2, 2, 3, 3]),
        "reference_embeddings": unit(random_set(3, 2)).astype("f4"),
        "reference_ids": np.array(["same", "same"]),
        "reference_labels": np.array(["Sky", "Sea"]),
        "reference_partner": np.array([0, 0, 0, 0, 1, 1]),
        "space": np.array(json.dumps({"name": "embedded", "set": "demo", "weights_sha256": "ab", "notes": ["a note"]})),
    }
    return {key: value for key, value in (stored | changes).items() if value is not None}


def written(tmp_path, **changes):
    path = tmp_path / "embeddings.npz"
    np.savez(path, **arrays(**changes))
    return path


def test_a_sound_file_is_read(tmp_path):
    found = load(written(tmp_path))
    assert found.images.shape == (6, 6)
    assert found.space["name"] == "embedded"
    assert found.partner.tolist() == [0, 0, 2, 2, 3, 3]
    assert found.has_references
    assert len(found.sha256) == 64


def test_categories_are_cut_out_and_partners_follow(tmp_path):
    found = load(written(tmp_path)).restrict(["Sea"])
    assert found.image_ids.tolist() == ["i4", "i5"]
    assert found.audio_ids.tolist() == ["c1", "c3"]
    assert found.partner.tolist() == [1, 1]
    assert found.reference_partner.tolist() == [0, 0]


def test_partner_outside_the_chosen_categories_is_refused(tmp_path):
    path = written(tmp_path, audio_labels=np.array(["Sky", "Sea", "Sea", "Sea"]))
    with pytest.raises(EmbeddingsError, match="partner: an image of the chosen categories"):
        load(path).restrict(["Sky"])


def test_a_set_without_references_is_sound(tmp_path):
    empty = {
        "reference_embeddings": np.empty((0, 6), "f4"),
        "reference_ids": np.array([], dtype=str),
        "reference_labels": np.array([], dtype=str),
        "reference_partner": np.full(6, -1),
    }
    found = load(written(tmp_path, **empty))
    assert not found.has_references
    assert found.restrict(["Sky"]).reference_partner.tolist() == [-1] * 4


def broken_row(value):
    rows = unit(random_set(1, 6)).astype("f4")
    rows[2] = value
    return rows


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(({key: None}, f"key '{key}' is missing") for key in arrays()),
        ({"image_embeddings": np.ones(6)}, "image_embeddings must be a table of floats"),
        ({"image_embeddings": np.ones((6, 6), int)}, "image_embeddings must be a table of floats"),
        ({"image_embeddings": broken_row(np.nan)}, "image_embeddings row 2 holds NaN or infinity"),
        ({"image_embeddings": broken_row(np.inf)}, "image_embeddings row 2 holds NaN or infinity"),
        ({"image_embeddings": broken_row(0)}, "image_embeddings row 2 is a zero vector"),
        ({"image_embeddings": broken_row(3)}, "image_embeddings row 2 has length 7.348; divide every row"),
        ({"image_embeddings": unit(random_set(1, 6, d=5))}, "dimensions differ"),
        ({"image_ids": np.array(list("abcdea"))}, "image_ids names 'a' more than once"),
        ({"image_ids": np.arange(6)}, "image_ids must hold text"),
        ({"image_labels": np.array(["Sky"])}, "image_labels has shape"),
        ({"audio_ids": np.array(list("aabc"))}, "audio_ids names 'a' more than once"),
        ({"partner": np.array([0, 0, 2, 2, 3, 4])}, "partner of image row 5 is 4, but there are only 4 rows"),
        ({"partner": np.array([0, 0, 2, 2, 3, -1])}, "partner of image row 5 is -1"),
        ({"partner": np.zeros(6)}, "partner must hold one whole row number"),
        ({"partner": np.zeros(5, int)}, "partner must hold one whole row number"),
        ({"reference_partner": np.full(6, -1)}, "reference_partner of image row 0 is -1"),
        ({"space": np.array("not json")}, "key 'space' does not hold JSON"),
        ({"space": np.array("[1]")}, "key 'space' does not name the space"),
        ({"space": np.array(1.5)}, "key 'space' does not name the space"),
        ({"space": np.array(json.dumps({"set": "demo"}))}, "key 'space' does not name the space"),
        ({"audio_embeddings": np.empty((0, 6)), "audio_ids": np.array([], str), "audio_labels": np.array([], str)},
         "audio_embeddings has no rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path, changes, words):
    path = written(tmp_path, **changes)
    with pytest.raises(EmbeddingsError, match=words) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"plain text"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "embeddings.npz"
    path.write_bytes(content)
    with pytest.raises(EmbeddingsError, match="not a readable .npz"):
        load(path)


def test_pickled_objects_are_never_read(tmp_path):
    path = tmp_path / "embeddings.npz"
    np.savez(path, **(arrays() | {"image_labels": np.array([{"a": 1}] * 6, dtype=object)}))
    with pytest.raises(EmbeddingsError, match="not a readable .npz"):
        load(path)


def test_missing_file_and_single_array(tmp_path):
    with pytest.raises(EmbeddingsError, match="cannot be read"):
        load(tmp_path / "nowhere.npz")
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(EmbeddingsError, match="single array"):
        load(tmp_path / "one.npy")


def test_labels_are_tidy_and_those_that_do_not_meet_are_named(tmp_path):
    found = load(written(tmp_path, audio_labels=np.array(["Sky ", "\u200bSea", "Sky", "Sea"])))
    assert found.audio_labels.tolist() == ["Sky", "Sea", "Sky", "Sea"]
    with pytest.raises(EmbeddingsError, match="image_labels has 'Sea', 'Sky', reference_labels has 'sea', 'sky'; call"):
        load(written(tmp_path, reference_labels=np.array(["sky", "sea"])))


def test_recordings_are_read_and_absent_ones_are_unknown(tmp_path):
    plain = load(written(tmp_path))
    assert set(plain.image_pieces) | set(plain.audio_pieces) | set(plain.reference_pieces) == {""}
    named = np.array(["a", "b", "a", ""])
    found = load(written(tmp_path, audio_pieces=named)).restrict(["Sky"])
    assert found.audio_pieces.tolist() == ["a", "a"]
    assert found.image_pieces.tolist() == ["a"] * 4


def test_an_image_of_another_recording_than_its_clip_s_is_refused(tmp_path):
    pieces = {"audio_pieces": np.array(["a", "b", "c", "d"]), "image_pieces": np.array(["a", "b", "c", "c", "d", "d"])}
    with pytest.raises(EmbeddingsError, match="image_pieces row 1 is 'b', but its clip comes from 'a'"):
        load(written(tmp_path, **pieces))
