"""Contact sheets: every image in its place, no bytes but pixels."""

import io

import pytest
from PIL import Image

from generation.files.contact_sheets import CAPTION, GAP, THUMB, SheetImage, draw_sheet, png_bytes

COLOURS = ["red", "lime", "blue", "yellow", "cyan", "magenta", "black"]


def solid(colour, size=(384, 384)):
    return png_bytes(Image.new("RGB", size, colour))


@pytest.mark.parametrize("columns", [1, 3, 6])
def test_images_stand_row_by_row(columns):
    data = draw_sheet([SheetImage(solid(colour), f"{n}") for n, colour in enumerate(COLOURS)], columns=columns)
    with Image.open(io.BytesIO(data)) as sheet:
        for n, colour in enumerate(COLOURS):
            x = GAP + n % columns * (THUMB + GAP) + THUMB // 2
            y = GAP + n // columns * (THUMB + GAP + CAPTION) + THUMB // 2
            assert sheet.getpixel((x, y)) == Image.new("RGB", (1, 1), colour).getpixel((0, 0))


def test_an_image_keeps_its_shape():
    with Image.open(io.BytesIO(draw_sheet([SheetImage(solid("red", (400, 100)))]))) as sheet:
        assert sheet.getpixel((GAP + THUMB // 2, GAP + THUMB // 2)) == (255, 0, 0)
        assert sheet.getpixel((GAP + THUMB // 2, GAP + 10)) == (255, 255, 255)


def test_a_png_holds_pixels_alone():
    image = Image.new("RGB", (4, 4), "red")
    image.info["comment"] = "made by"
    data = png_bytes(image)
    chunks, position = [], 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4])
        chunks.append(data[position + 4 : position + 8])
        position += 12 + length
    assert chunks == [b"IHDR", b"IDAT", b"IEND"]
