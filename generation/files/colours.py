"""Pixels of any mode as a browser shows them: 8-bit sRGB, colour profiles and gamma converted.

Which profile counts is what Chromium does, with which the tests compare: one that fits the pixels' kind, and none that
is broken. A PNG may state its colours without a profile (gAMA, cHRM); they are made one.
"""

import struct
from collections.abc import Iterable
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

# Bradford's cone responses, which adapt a white point to that of profiles (D50).
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50 = np.array([0.9642, 1.0, 0.8249])
# White, red, green and blue of sRGB (x, y each), for a PNG that states a gamma and no primaries.
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
# Kind of pixels -> colour spaces of profiles that are heeded, as ICC writes them, and the mode they are applied in.
HEEDED = {
    "grey": {"GRAY": "L", "RGB": "RGB"},
    "palette": {"RGB": "RGB"},
    "RGB": {"RGB": "RGB"},
    "CMYK": {"CMYK": "CMYK"},
}


def as_srgb(image: Image.Image) -> Image.Image:
    """A decoded picture in sRGB: mode RGB, or RGBA where it has transparency. Its profile is used up."""
    alpha = _find_alpha(image)
    kind = {"P": "palette", "PA": "palette", "CMYK": "CMYK", "RGB": "RGB", "RGBA": "RGB"}.get(image.mode, "grey")
    pixels = _eight_bits(image) if image.mode.startswith("I") else image.convert(_plain_mode(image.mode))
    if (found := _find_profile(image, kind)) is not None:
        profile, mode = found
        pixels = _convert(pixels.convert(mode), profile)
    pixels = pixels.convert("RGB")
    if alpha is not None:
        pixels.putalpha(alpha)
    return pixels


def _plain_mode(mode: str) -> str:
    return {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}.get(mode, "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey in 8 bits; what libraries do by themselves is to cut off at 255."""
    values = np.asarray(image).astype(np.uint32)
    return Image.fromarray(((values.clip(0, 65535) * 255 + 32767) // 65535).astype(np.uint8))


def _find_alpha(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    level = image.info.get("transparency")
    if image.mode.startswith("I") and isinstance(level, int):
        return Image.fromarray(np.where(np.asarray(image) == level, 0, 255).astype(np.uint8))
    if image.mode == "RGB" and isinstance(level, tuple) and max(level) > 255:
        # A level of 16 bits, of which Pillow keeps the upper eight of each pixel.
        image = image.copy()
        image.info["transparency"] = tuple(value >> 8 for value in level)
    return image.convert("RGBA").getchannel("A")


def _find_profile(image: Image.Image, kind: str) -> tuple[ImageCms.ImageCmsProfile, str] | None:
    """The profile that a browser heeds for these pixels, and the mode in which it is applied."""
    data = image.info.get("icc_profile")
    if data is None and "gamma" in image.info and "srgb" not in image.info:
        data = _profile_of_gamma(image.info["gamma"], image.info.get("chromaticity", SRGB))
    if not data:
        return None
    try:
        profile = ImageCms.getOpenProfile(BytesIO(data))
    except (ImageCms.PyCMSError, OSError):
        return None
    mode = HEEDED[kind].get(profile.profile.xcolor_space.strip())
    return (profile, mode) if mode else None


def _convert(pixels: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Pixels through a profile, or as they are where it is broken."""
    # Black points stay where they are, as in browsers; lcms moves them where the intent is "perceptual".
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    try:
        return ImageCms.profileToProfile(pixels, profile, _srgb_profile(), intent, outputMode="RGB") or pixels
    except ImageCms.PyCMSError:
        return pixels


@cache
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _profile_of_gamma(gamma: float, chromaticity: Iterable[float]) -> bytes | None:
    """An ICC profile of the gamma and the primaries that a PNG states; None for values that cannot be."""
    xy = np.reshape(list(chromaticity), (4, 2))
    if not 1 / 200 < gamma < 200 or not (xy[:, 1] > 0).all():
        return None
    white, *primaries = np.column_stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]])
    matrix = np.array(primaries).T
    if abs(np.linalg.det(matrix)) < 1e-6:
        return None
    adapt = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ D50) / (BRADFORD @ white)) @ BRADFORD
    columns = adapt @ (matrix * np.linalg.solve(matrix, white))
    curve = b"curv" + struct.pack(">IIH", 0, 1, min(round(256 / gamma), 65535)) + bytes(2)
    tags = [(b"wtpt", _xyz(D50))]
    for name, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
        tags += [(name + b"XYZ", _xyz(column)), (name + b"TRC", curve)]
    place, table = 132 + 12 * len(tags), b""
    for name, data in tags:
        table += name + struct.pack(">II", place, len(data))
        place += len(data)
    head = struct.pack(">I4sI4s4s4s12x4s28x", place, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head += _xyz(D50)[8:] + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + b"".join(data for _, data in tags)


def _xyz(values: Iterable[float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)
