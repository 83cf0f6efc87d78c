"""Reading images: formats, orientation, transparency, and files that are not what they should be."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from generation.errors import ImageError
from generation.files import images
from generation.files.images import decode_image, find_image_suffix
from tests.generation.files.damage import refuse_damaged


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(mode="RGB"):
    rows = np.arange(90, dtype=np.uint8)[:, None, None] * np.ones((1, 120, 3), np.uint8)
    return Image.fromarray(rows).convert(mode)


@pytest.mark.parametrize(
    ("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("GIF", None), ("TIFF", None)]
)
def test_formats_that_browsers_show_are_known_by_content(kind, suffix):
    data = encode(gradient(), kind)
    assert decode_image(io.BytesIO(data)).size == (120, 90)
    if suffix is None:
        with pytest.raises(ImageError, match=f"its format is {kind}; use JPEG, PNG or WebP"):
            find_image_suffix(io.BytesIO(data))
    else:
        assert find_image_suffix(io.BytesIO(data)) == suffix


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "I;16"])
def test_every_colour_mode_becomes_rgb(mode):
    kind = "TIFF" if mode in {"CMYK", "I;16"} else "PNG"
    image = gradient("L").convert("I;16") if mode == "I;16" else gradient(mode)
    assert decode_image(io.BytesIO(encode(image, kind))).mode == "RGB"


def test_a_photograph_held_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x112] = 6
    found = decode_image(io.BytesIO(encode(gradient(), "JPEG", exif=exif)))
    assert found.size == (90, 120)


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
    files = [encode(gradient(), kind) for kind in ("JPEG", "PNG", "WEBP")]
    reasons = refuse_damaged(files, [decode_image, find_image_suffix], chosen)
    assert len(reasons) > 50
    assert not [reason for reason in reasons if "\n" in reason]
