import pytest

from analysis.errors import EmbeddingsError
from analysis.reading.thumbnails import read_thumbnails, shown_images
from tests.analysis.metric_files import write_thumbnails


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
