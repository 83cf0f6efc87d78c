"""The cache of features: nothing is computed twice, nothing wrong is returned."""

import io
import zipfile

import numpy as np
import pytest

from generation.encoders.features.cache import FeatureCache
from generation.errors import AudioError, EmbeddingError
from generation.files.npz import npz_bytes


class Counting:
    """An extractor whose feature is the file's length; counts how often it is asked."""

    def __init__(self, version="1"):
        self.version, self.asked = version, []

    def describe(self):
        return {"version": self.version}

    def extract(self, data):
        self.asked.append(data)
        if data == b"bad":
            raise AudioError("is bad")
        return np.array([len(data), np.nan if data == b"nan" else 0], dtype=np.float32)


def write(folder, *contents):
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.bin")
        paths[-1].write_bytes(content)
    return paths


def test_features_come_in_order_and_are_computed_once(tmp_path):
    paths = write(tmp_path, b"a", b"bb", b"ccc")
    extractor, cache = Counting(), FeatureCache(tmp_path / "cache")
    first = cache.extract_all(extractor, paths)
    assert first.tolist() == [[1, 0], [2, 0], [3, 0]]
    again = FeatureCache(tmp_path / "cache").extract_all(extractor, paths[::-1])
    assert again.tolist() == first.tolist()[::-1]
    assert sorted(extractor.asked) == [b"a", b"bb", b"ccc"]


def test_content_and_extractor_decide_not_the_name(tmp_path):
    paths = write(tmp_path, b"same", b"same")
    extractor, cache = Counting(), FeatureCache(tmp_path / "cache")
    cache.extract_all(extractor, paths[:1])
    cache.extract_all(extractor, paths[1:])
    assert extractor.asked == [b"same"]
    other = Counting(version="2")
    cache.extract_all(other, paths[:1])
    assert other.asked == [b"same"]


def test_a_damaged_entry_is_computed_again(tmp_path):
    paths = write(tmp_path, b"abc")
    cache = FeatureCache(tmp_path / "cache")
    cache.extract_all(Counting(), paths)
    (entry,) = (tmp_path / "cache").rglob("*.npy")
    for damage in (b"", entry.read_bytes()[:-3], b"PK\x03\x04 no array"):
        entry.write_bytes(damage)
        assert cache.extract_all(Counting(), paths).tolist() == [[3, 0]]


def test_without_a_folder_nothing_is_kept(tmp_path):
    extractor = Counting()
    for _ in range(2):
        FeatureCache(None).extract_all(extractor, write(tmp_path, b"abc"))
    assert len(extractor.asked) == 2


def test_errors_name_the_file_and_leave_what_was_done(tmp_path):
    paths = write(tmp_path, b"good", b"bad", b"nan")
    cache = FeatureCache(tmp_path / "cache")
    with pytest.raises(AudioError, match=r"^1\.bin: is bad$"):
        cache.extract_all(Counting(), paths[:2])
    with pytest.raises(EmbeddingError, match=r"^2\.bin: gives features that are no finite numbers"):
        cache.extract_all(Counting(), paths[2:])
    with pytest.raises(EmbeddingError, match=r"^gone\.bin: cannot be read"):
        cache.extract_all(Counting(), [tmp_path / "gone.bin"])
    extractor = Counting()
    cache.extract_all(extractor, paths[:1])
    assert extractor.asked == []


def test_npz_bytes_depend_on_the_arrays_alone():
    arrays = {"rows": np.arange(6, dtype=np.float32).reshape(2, 3), "text": np.array("äö"), "none": np.zeros((0, 3))}
    data = npz_bytes(arrays)
    assert data == npz_bytes({name: array.copy() for name, array in arrays.items()})
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        assert list(stored.files) == list(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(stored[name], array)
    assert {member.date_time for member in zipfile.ZipFile(io.BytesIO(data)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
