"""Reading image files whole, or saying why not. The one decode path of training, generation and metrics."""

from PIL import Image, ImageOps, UnidentifiedImageError

from generation.errors import ImageError, first_line
from generation.files.source import Source

# Formats that browsers show, by the names that Pillow gives them.
IMAGE_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp"}
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485


def decode_image(source: Source) -> Image.Image:
    """Decode a JPEG, PNG, WebP (or other Pillow) image wholly; upright, RGB, transparency laid on white.

    Raises ImageError for anything that is no image, is cut off, or is so large that it may be an attack.
    """
    try:
        with Image.open(source) as file:
            if file.width * file.height > MAX_PIXELS:
                raise ImageError(f"has too many pixels ({file.width} x {file.height})")
            file.load()
            image = ImageOps.exif_transpose(file)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise ImageError(f"not a readable image ({first_line(error)})") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"has too many pixels ({first_line(error)})") from error
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        ground = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(ground, layers).convert("RGB")
    return image.convert("RGB")


def crop_square(image: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    """The image's central square, resized to `size` pixels a side."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((size, size), resample)


def find_image_suffix(source: Source) -> str:
    """File suffix that belongs to an image's content, whatever its name says; ImageError for other formats."""
    try:
        with Image.open(source) as file:
            found = str(file.format)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"not a readable image ({first_line(error)})") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"has too many pixels ({first_line(error)})") from error
    if found not in IMAGE_SUFFIXES:
        raise ImageError(f"its format is {found}; use JPEG, PNG or WebP")
    return IMAGE_SUFFIXES[found]
