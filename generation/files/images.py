"""Reading image files as a browser shows them, or saying why not. The one decode path of training, generation, metrics.

Also what pictures are stored as, and which of them show nothing.
"""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from generation.errors import ImageError, first_line, is_out_of_memory
from generation.files.colours import as_srgb
from generation.files.contact_sheets import png_bytes
from generation.files.containers import FIRST_BYTES, Plain, find_format, find_suffix, may_be_animated, strip_file
from generation.files.source import Source

# How pixels are read, in words: part of what names cached features. It changes when other pixels are read.
PIXELS = "as browsers show them"
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
# Levels of 255 by which a picture must vary somewhere: less is one colour to everybody who looks at it.
MIN_SPREAD = 4
# EXIF's orientation -> what brings the picture upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A picture that shows something, and the file that it is stored as: its pixels and nothing besides."""

    image: Image.Image
    data: bytes
    suffix: str


def decode_image(source: Source) -> Image.Image:
    """Decode a JPEG, PNG or WebP image wholly, to the pixels that a browser shows on white.

    Returns mode RGB: upright, in sRGB, deep greys in 8 bits, transparency laid on white, of an animation the first
    picture. Raises ImageError for anything else, and for what is cut off or so large that it may be an attack.
    """
    return _on_white(_open(strip_file(read_source(source)))[0])


def decode_picture(source: Source) -> Picture:
    """Decode an image that people are to look at, and make the file that it is stored as.

    The file is the same, byte for byte, where it holds nothing but pixels and their colours, else the same without
    metadata; turned pictures and animations are written anew as PNG. Raises ImageError as `decode_image`, and for a
    picture that shows nothing.
    """
    plain = strip_file(read_source(source))
    layers, is_animated = _open(plain)
    if layers.mode == "RGBA" and not layers.getchannel("A").getbbox():
        raise ImageError("is wholly transparent: there is nothing to see")
    image = _on_white(layers)
    refuse_uniform(image)
    data = _written(plain, layers, is_animated)
    return Picture(image, data, find_suffix(data))


def plain_picture(data: bytes) -> bytes:
    """The bytes that `decode_picture` stores for a file, decoded only where pixels are written anew.

    Raises ImageError for what is no picture.
    """
    plain = strip_file(data)
    if plain.orientation == 1 and not may_be_animated(plain.data):
        return plain.data
    return _written(plain, *_open(plain))


def _written(plain: Plain, layers: Image.Image, is_animated: bool) -> bytes:
    """The file that is stored: as it came without metadata, or its pixels written anew."""
    return png_bytes(_on_white(layers)) if plain.orientation != 1 or is_animated else plain.data


def find_look(image: Image.Image) -> str:
    """What a picture looks like, as 22 hexadecimal digits: 16 of its light and dark, 6 of its mean colour.

    The first 64 bits are the signs of the lowest 8 x 8 frequencies of 32 x 32 grey pixels against their median (`phash`
    of the package imagehash); pictures that look alike differ in few of them (`generation.stimuli.are_alike`).
    """
    import imagehash

    image = image.convert("RGB")
    colour = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"{imagehash.phash(image)}{colour.hex()}"


def refuse_uniform(image: Image.Image) -> None:
    """ImageError for a picture (mode RGB) of one colour throughout: it shows nothing, as silence plays nothing."""
    extrema = [pair for pair in image.getextrema() if isinstance(pair, tuple)]
    if all(high - low < MIN_SPREAD for low, high in extrema):
        colour = bytes(round((low + high) / 2) for low, high in extrema).hex()
        name = {"000000": "black", "ffffff": "white"}.get(colour, f"#{colour}")
        raise ImageError(f"is one colour throughout ({name}): there is nothing to see")


def find_image_suffix(source: Source) -> str:
    """File suffix that belongs to an image's content, whatever its name says; ImageError for other formats."""
    return find_suffix(read_source(source, FIRST_BYTES))


def read_source(source: Source, most: int = -1) -> bytes:
    """All bytes of a file, or the first; ImageError when it cannot be read."""
    try:
        if hasattr(source, "read"):
            return source.read(most)
        with open(source, "rb") as file:
            return file.read(most)
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror or error})") from error


def crop_square(image: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    """The image's central square, resized to `size` pixels a side."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((size, size), resample)


def _open(plain: Plain) -> tuple[Image.Image, bool]:
    """The picture upright in sRGB (RGB, or RGBA with transparency), and whether it is an animation."""
    try:
        with Image.open(BytesIO(plain.data), formats=PILLOW_FORMATS) as file:
            if file.width * file.height > MAX_PIXELS:
                raise ImageError(f"has too many pixels ({file.width} x {file.height})")
            is_animated = getattr(file, "n_frames", 1) > 1
            file.load()
            if is_animated:  # Chromium heeds no profile then
                file.info.pop("icc_profile", None)
            image = as_srgb(file.convert("LA") if _is_grey_with_alpha(plain.data) else file)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"has too many pixels ({first_line(error)})") from error
    except UnidentifiedImageError as error:
        raise ImageError("not a readable image (it is cut off or damaged)") from error
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        if is_out_of_memory(error):
            raise
        raise ImageError(f"not a readable image ({first_line(error)})") from error
    return image.transpose(UPRIGHT[plain.orientation]) if plain.orientation in UPRIGHT else image, is_animated


def _is_grey_with_alpha(data: bytes) -> bool:
    """Whether a file is a PNG of grey with alpha, which Pillow opens as RGBA where it has 16 bits."""
    return find_format(data) == "PNG" and data[25:26] == b"\x04"


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
