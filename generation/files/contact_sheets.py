"""Contact sheets: all images of a category at a glance. Pillow only."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil

from PIL import Image, ImageDraw, ImageFont

THUMB = 192  # pixels
GAP = 12
CAPTION = 20
COLUMNS = 6


@dataclass(frozen=True)
class SheetImage:
    """An image and what stands below it (ASCII: the built-in font has little else)."""

    data: bytes
    caption: str = ""


def draw_sheet(images: Sequence[SheetImage], *, columns: int = COLUMNS) -> bytes:
    """A grid as PNG, row by row; equal images give equal bytes."""
    columns = min(columns, len(images))
    rows = ceil(len(images) / columns)
    step_x, step_y = THUMB + GAP, THUMB + GAP + CAPTION
    sheet = Image.new("RGB", (GAP + columns * step_x, GAP + rows * step_y), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for place, item in enumerate(images):
        row, column = divmod(place, columns)
        left, top = GAP + column * step_x, GAP + row * step_y
        with Image.open(BytesIO(item.data)) as file:
            image = file.convert("RGB")
        image.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
        sheet.paste(image, (left + (THUMB - image.width) // 2, top + (THUMB - image.height) // 2))
        pen.text((left, top + THUMB + 3), item.caption, fill="#555555", font=font)
    return png_bytes(sheet)


def png_bytes(image: Image.Image) -> bytes:
    """An image as PNG, pixels alone: no time, no program, no comment."""
    buffer = BytesIO()
    # Pillow's usual level, 6, takes twice the time (32 against 15 ms for an image of `mini`) for files 3 % smaller.
    image.save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()
