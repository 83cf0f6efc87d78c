"""Options: read from the fields of a dataclass, so that every reader sees the same names, types and bounds."""

from dataclasses import dataclass
from typing import Literal

import pytest

from generation.errors import CheckpointError
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings
from generation.musipainter.config import LargeConfig
from generation.musipainter.options import FormWords, Option, check_bounds, option, options_of, without_none

Colour = Literal["red", "blue"]


@dataclass(frozen=True)
class Settings:
    plain: int = 3
    depth: int | None = option(None, "How deep.", metavar="N", least=2)
    colour: Colour | None = option("red", form=FormWords(empty="as it comes"))
    is_fast: bool = option(False, "Fast.", flag="fast", negatable=True)
    power: Literal[1, 2] = option(1)


def test_fields_that_are_declared_are_options_in_their_order():
    depth, colour, fast, power = options_of(Settings)
    assert depth == Option("How deep.", "depth", "N", 2, name="depth", hint=int)
    assert (colour.choices, colour.kind, colour.form) == (("red", "blue"), str, FormWords(empty="as it comes"))
    assert (fast.name, fast.flag, fast.kind, fast.choices, fast.negatable) == ("is_fast", "fast", bool, None, True)
    assert (power.choices, power.kind, power.help) == ((1, 2), int, None)


def test_a_value_below_its_bound_is_named():
    check_bounds(Settings())
    check_bounds(Settings(depth=2))
    with pytest.raises(CheckpointError, match="^depth must be at least 2, not 1.$"):
        check_bounds(Settings(depth=1))


@pytest.mark.parametrize(("hint", "without"), [(int | None, int), (Colour | None, Colour), (float, float)])
def test_a_hint_without_none(hint, without):
    assert without_none(hint) == without


def test_a_choice_of_both_training_and_painting_has_one_flag_and_one_text():
    painting = {item.name: item for item in options_of(DiffusionSettings)}
    shared = [item for item in options_of(LargeConfig) if item.name in painting and item.name != "precision"]
    assert [item.flag for item in shared] == ["channels-last", "compile"]
    assert all((item.flag, item.help) == (painting[item.name].flag, painting[item.name].help) for item in shared)
