"""A backbone before it is opened: its settings are settled whole, or refused in one line."""

from pathlib import Path

import pytest

from generation.errors import CheckpointError
from generation.musipainter.backbones.registry import find_backbone
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings
from generation.musipainter.backbones.style_transfer.kind import StyleSettings
from generation.musipainter.presets import PRESETS, Opening


def settle(preset, **choices):
    backbone = find_backbone(PRESETS[preset].backbone)
    return backbone.settle_painting(PRESETS[preset], set_seed=7, batch_size=3, choices=choices)


def test_style_transfer_follows_the_sets_seed_and_no_batch():
    assert settle("mini") == StyleSettings(set_seed=7)
    assert settle("mini", strength=0.5) == StyleSettings(set_seed=7, strength=0.5)


def test_diffusion_is_settled_by_the_batch_and_the_device():
    assert settle("musipainter-1", device="cpu", steps=9) == DiffusionSettings(steps=9, batch_size=3)
    assert settle("musipainter-1", device="cpu", precision="auto").precision == "float32"


@pytest.mark.parametrize(
    ("preset", "choices", "words"),
    [
        ("mini", {"steps": 3}, "^The preset mini paints without a setting 'steps'.$"),
        ("musipainter-1", {"device": "cpu", "depth": 3}, "paints without a setting 'depth'"),
        ("musipainter-1", {"device": "cpu", "cpu_threads": 0}, "^cpu_threads must be at least 1, not 0.$"),
        ("musipainter-1", {"device": "nowhere"}, "There is no device 'nowhere'"),
    ],
)
def test_what_cannot_be_is_refused(preset, choices, words):
    with pytest.raises(CheckpointError, match=words):
        settle(preset, **choices)


def test_files_are_asked_for_where_they_lie():
    opening = Opening(Path("weights"))
    style, diffusion = find_backbone("style-transfer"), find_backbone("stable-diffusion")
    assert all(path.is_file() for path, _ in style.needed_files(opening))
    assert [path for path, _ in diffusion.needed_files(opening)] == [Path("weights/stable-diffusion-v1-4")]
    assert diffusion.needed_files(Opening(Path("weights"), diffusion="elsewhere")) == []
    assert (style.paints_on_photos, style.is_large) == (True, False)
    assert (diffusion.paints_on_photos, diffusion.is_large) == (False, True)
