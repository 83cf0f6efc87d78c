"""Colours of any mode as sRGB; `tests/e2e/test_pictures.py` compares them with Chromium."""

import io

import numpy as np
import pytest
from PIL import Image

from generation.files.colours import as_srgb
from tests.generation.files.pictures import LINEAR_GREY, WIDE, every_kind, scene


def opened(name):
    image = Image.open(io.BytesIO(every_kind()[name]))
    image.load()
    return image


def linear(grey):
    """sRGB's levels of linear light, by its definition."""
    light = np.asarray(grey, dtype=float) / 255
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("name", ["linear grey.jpg", "deep grey with profile.png"])
def test_a_profile_of_grey_is_converted(name):
    image = opened(name)
    eight = np.asarray(image) // 257 if image.mode == "I;16" else np.asarray(image)
    assert np.abs(np.asarray(as_srgb(image))[:, :, 1] - linear(eight)).max() < 1.5


def test_a_gamma_without_a_profile_is_converted():
    found = np.asarray(as_srgb(opened("gamma.png")))
    assert np.abs(found - linear(scene(1))).max() < 1.5


def test_modes_with_transparency_keep_it_beside_converted_colours():
    image = opened("wide with alpha.png")
    found = as_srgb(image)
    assert found.mode == "RGBA"
    assert found.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert found.convert("RGB").tobytes() == as_srgb(opened("wide.jpg")).tobytes() or found.size == (96, 72)


@pytest.mark.parametrize(
    "name", ["rgb with profile of grey.jpg", "cmyk with profile of rgb.jpg", "palette with profile of grey.png"]
)
def test_a_profile_of_other_pixels_counts_for_nothing(name):
    image = opened(name)
    assert as_srgb(image).tobytes() == image.convert("RGB").tobytes()


@pytest.mark.parametrize("profile", [b"", b"no profile", WIDE[:200], LINEAR_GREY[:-20]])
def test_a_broken_profile_counts_for_nothing(profile):
    image = scene()
    image.info["icc_profile"] = profile
    assert as_srgb(image).tobytes() == scene().tobytes()


@pytest.mark.parametrize(("gamma", "xy"), [(0.0, None), (1.0, (0,) * 8), (1e9, None), (1.0, (0.3, 0.3) * 4)])
def test_a_gamma_that_cannot_be_counts_for_nothing(gamma, xy):
    image = scene()
    image.info |= {"gamma": gamma} | ({"chromaticity": xy} if xy else {})
    assert as_srgb(image).tobytes() == scene().tobytes()
