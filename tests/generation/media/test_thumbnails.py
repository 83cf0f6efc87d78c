"""Thumbnails of a set: every clip before a second image, equal bytes, nothing hidden."""

import zipfile
from io import BytesIO

import pytest
from PIL import Image

from analysis.reading.thumbnails import read_thumbnails
from generation.media.thumbnails import PER_CATEGORY, SIDE, thumbnails_of
from generation.models import Stimulus
from tests.generation.management.commands.test_embed_stimuli import _own_folders, dataset, make_set  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db


def test_thumbnails_show_every_clip_before_a_second_image(dataset, tmp_path):  # noqa: F811
    make_set(dataset, tmp_path, per_clip=PER_CATEGORY)
    rows = list(
        Stimulus.objects.select_related("category", "clip").order_by("category__order", "clip__sha256", "index")
    )
    data = thumbnails_of(rows, set_name="images")
    assert thumbnails_of(rows, set_name="images") == data
    (tmp_path / "t.zip").write_bytes(data)
    index = read_thumbnails(tmp_path / "t.zip").index
    assert index["available"] == dict.fromkeys(("A", "B", "木"), 2 * PER_CATEGORY)
    own = [entry for entry in index["images"] if entry["category"] == "A"]
    assert len(own) == PER_CATEGORY
    assert [entry["index"] for entry in own] == [n // 2 for n in range(PER_CATEGORY)]
    with zipfile.ZipFile(BytesIO(data)) as archive:
        picture = Image.open(BytesIO(archive.read(own[0]["file"])))
    assert (picture.format, picture.size) == ("JPEG", (own[0]["width"], own[0]["height"]))
    assert max(picture.size) <= SIDE
    assert not picture.getexif()


def test_a_missing_picture_is_left_out_and_counted(dataset, tmp_path):  # noqa: F811
    make_set(dataset, tmp_path)
    Stimulus.objects.filter(category__name="B").update(file="no/where.png")
    rows = list(Stimulus.objects.select_related("category", "clip"))
    (tmp_path / "t.zip").write_bytes(thumbnails_of(rows, set_name="images"))
    index = read_thumbnails(tmp_path / "t.zip").index
    assert (index["unreadable"], {entry["category"] for entry in index["images"]}) == (2, {"A", "木"})
