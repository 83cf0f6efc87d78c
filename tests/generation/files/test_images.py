"""Reading images: formats, orientation, transparency, and files that are not what they should be."""

import io
import random
import re
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from generation.errors import ImageError
from generation.files import images
from generation.files.images import (
    MIN_SPREAD,
    decode_image,
    decode_picture,
    find_image_suffix,
    plain_picture,
    refuse_uniform,
)
from tests.generation.files.damage import refuse_damaged
from tests.generation.files.pictures import deep, encode, every_kind, png, scene, turned, with_exif

FILES = every_kind()


def gradient(mode="RGB"):
    rows = np.arange(90, dtype=np.uint8)[:, None, None] * np.ones((1, 120, 3), np.uint8)
    return Image.fromarray(rows).convert(mode)


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_formats_that_browsers_show_are_known_by_content(kind, suffix):
    data = encode(gradient(), kind)
    assert decode_image(io.BytesIO(data)).size == (120, 90)
    assert find_image_suffix(io.BytesIO(data)) == suffix
    assert decode_picture(io.BytesIO(data)).suffix == suffix


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (encode(scene(), "GIF"), "GIF"),
        (encode(scene(), "TIFF"), "TIFF"),
        (encode(scene(), "BMP"), "BMP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300), "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif" + bytes(300), "AVIF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(300), "JPEG XL"),
        (b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "HTML, a web page"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_other_formats_are_named_by_their_first_bytes(data, name):
    for read in (decode_image, decode_picture, find_image_suffix):
        with pytest.raises(ImageError) as caught:
            read(io.BytesIO(data))
        assert str(caught.value) == f"its format is {name}; use JPEG, PNG or WebP"


def test_what_is_no_picture_is_told_in_the_same_words_each_time():
    for data, words in (
        (b"", "is empty"),
        (b"not a picture", "not a readable image (its format is not known; use JPEG, PNG or WebP)"),
    ):
        with pytest.raises(ImageError) as caught:
            decode_image(io.BytesIO(data))
        assert str(caught.value) == words
    with pytest.raises(ImageError) as caught:
        decode_image(io.BytesIO(encode(gradient(), "PNG")[:60]))
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "I;16"])
def test_every_colour_mode_becomes_rgb(mode):
    image = gradient("L").convert("I;16") if mode == "I;16" else gradient(mode)
    assert decode_image(io.BytesIO(encode(image, "JPEG" if mode == "CMYK" else "PNG"))).mode == "RGB"


def test_deep_grey_keeps_its_light():
    grey = scene(4).convert("L")
    found = np.asarray(decode_image(io.BytesIO(png(deep(grey), 0))))
    assert np.array_equal(found[:, :, 0], np.asarray(grey))


def test_a_photograph_held_sideways_is_turned_upright_whatever_else_its_exif_says():
    data = encode(gradient(), "JPEG", exif=turned(6))
    wrong = with_exif(encode(gradient(), "JPEG"), [(0x112, 3, 6), (0x11A, 2, b"72\0\0")])
    for found in (decode_image(io.BytesIO(data)), decode_image(io.BytesIO(wrong))):
        assert found.size == (90, 120)
    stored = decode_picture(io.BytesIO(data))
    assert (stored.suffix, stored.image.size) == (".png", (90, 120))
    assert decode_image(io.BytesIO(stored.data)).tobytes() == stored.image.tobytes()


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_file_that_is_stored_is_told_without_decoding_and_stays_as_it_is(name):
    stored = decode_picture(io.BytesIO(FILES[name]))
    assert plain_picture(FILES[name]) == stored.data == plain_picture(stored.data)
    assert decode_image(io.BytesIO(stored.data)).tobytes() == stored.image.tobytes()


def test_texts_beside_a_picture_do_not_matter():
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "x" * 3_000_000, zip=True)
    stored = decode_picture(io.BytesIO(encode(scene(), "PNG", pnginfo=text)))
    assert stored.data == encode(scene(), "PNG")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("RGB", (64, 64), "black"), "is one colour throughout (black): there is nothing to see"),
        (Image.new("L", (64, 64), 255), "is one colour throughout (white): there is nothing to see"),
        (Image.new("RGB", (64, 64), (255, 128, 0)), "is one colour throughout (#ff8000): there is nothing to see"),
        (Image.new("RGBA", (64, 64), (9, 9, 9, 0)), "is wholly transparent: there is nothing to see"),
    ],
)
def test_a_picture_that_shows_nothing_is_none(image, words):
    data = encode(image, "PNG")
    assert decode_image(io.BytesIO(data)).size == (64, 64)
    with pytest.raises(ImageError) as caught:
        decode_picture(io.BytesIO(data))
    assert str(caught.value) == words


def test_a_picture_with_one_spot_shows_something():
    image = Image.new("RGB", (64, 64), "black")
    image.putpixel((5, 5), (0, MIN_SPREAD, 0))
    refuse_uniform(image)


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert decode_image(io.BytesIO(encode(image, "PNG"))).getpixel((5, 5)) == (255, 255, 255)


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 120 * 90 - 1)
    with pytest.raises(ImageError, match=r"has too many pixels \(120 x 90\)"):
        decode_image(io.BytesIO(encode(gradient(), "PNG")))


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_are_refused_or_read_but_never_crash():
    chosen = random.Random(0)
    reasons = refuse_damaged(list(FILES.values()), [decode_image, find_image_suffix], chosen)
    assert len(reasons) > 50
    assert not [reason for reason in reasons if "\n" in reason]


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(FILES)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=4),
    kept=st.floats(0, 1),
)
def test_any_bytes_are_a_picture_or_one_line_and_soon(name, changes, kept):
    data = bytearray(FILES[name])
    for place, new in changes:
        start = int(place * len(data))
        data[start : start + len(new)] = new
    data = data[: max(1, int(kept * len(data)))] if kept < 0.5 else data
    began = time.monotonic()
    try:
        picture = decode_picture(io.BytesIO(bytes(data)))
        assert picture.image.mode == "RGB"
        assert np.asarray(decode_image(io.BytesIO(picture.data))).size
        reason = "none"
    except ImageError as error:
        reason = str(error)
    assert re.fullmatch(r"[^\n]+", reason)
    assert " at 0x" not in reason
    assert time.monotonic() - began < 2
