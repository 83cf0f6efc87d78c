"""How Stable Diffusion paints: what may be chosen, and what cannot be."""

import pytest

from generation.errors import CheckpointError
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings
from generation.musipainter.options import options_of


def test_everything_but_the_batch_is_an_option():
    names = [item.name for item in options_of(DiffusionSettings)]
    assert names == [name for name in DiffusionSettings.__dataclass_fields__ if name != "batch_size"]
    assert all(item.help for item in options_of(DiffusionSettings))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"cpu_threads": 0}, "cpu_threads must be at least 1"),
        ({"scheduler": "magic"}, "no scheduler 'magic'; choose one of pndm, ddim"),
        ({"size": 20}, "multiple of 8 pixels, not 20"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, words):
    with pytest.raises(CheckpointError, match=words):
        DiffusionSettings(**wrong)
