"""Which pictures look alike, measured on pictures that people would and would not take for one another."""

import io
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance

from generation.demo import PACK
from generation.files import decode_image, find_look
from generation.stimuli import are_alike, pairs_by_id
from tests.generation.files.pictures import encode

# A dozen of the demo's pictures: photographs, and art of two kinds.
PICTURES = [
    *sorted((PACK / "content").glob("*.jpg"))[:6],
    *sorted((PACK / "images").glob("*/*.jpg"))[::7],
]


@pytest.fixture(scope="module")
def pictures():
    return [decode_image(path) for path in PICTURES]


def test_different_pictures_are_not_alike(pictures):
    looks = [find_look(image) for image in pictures]
    assert not any(are_alike(one, other) for one, other in combinations(looks, 2))


def test_copies_of_a_picture_are_alike(pictures):
    for image in pictures:
        w, h = image.size
        for copy in (
            image,
            image.resize((w // 2, h // 2)),
            decode_image(io.BytesIO(encode(image, "JPEG", quality=40))),
            ImageEnhance.Contrast(image).enhance(0.7),
            image.crop((w // 40, h // 40, w - w // 40, h - h // 40)),
        ):
            assert are_alike(find_look(image), find_look(copy))


def test_one_photograph_in_another_colour_is_another_picture(pictures):
    red, _, blue = pictures[0].split()
    warm = Image.merge("RGB", (red.point(lambda v: min(255, v + 80)), red, red.point(lambda v: v // 3)))
    cold = Image.merge("RGB", (blue.point(lambda v: v // 3), blue, blue.point(lambda v: min(255, v + 80))))
    assert not are_alike(find_look(warm), find_look(cold))


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ("0000000000000fff808080", True),
        ("0000000000001fff808080", False),
        ("0000000000000000b08050", True),
        ("0000000000000000b18080", False),
        ("", False),
    ],
)
def test_bits_and_levels_that_count_as_alike(other, alike):
    assert are_alike("0" * 16 + "808080", other) == are_alike(other, "0" * 16 + "808080") == alike


def test_pairs_are_of_different_categories_and_known_looks():
    same = "0" * 16 + "808080"
    rows = [(1, 10, same), (2, 10, same), (3, 20, same), (4, 30, ""), (5, 30, "f" * 16 + "808080")]
    assert pairs_by_id(rows) == [(1, 3), (2, 3)]
