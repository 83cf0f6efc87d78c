"""Options on the command line: what dataclasses declare, and nothing that they do not."""

from argparse import ArgumentError, ArgumentParser

import pytest

from generation.management.options import add_options, add_painting_options, chosen_painting
from generation.musipainter.config import LargeConfig, LossConfig, TrainConfig
from generation.musipainter.options import options_of
from generation.musipainter.presets import Preset


def parse(*words, owners=(TrainConfig, LossConfig, LargeConfig, Preset)):
    parser = ArgumentParser(exit_on_error=False)
    for owner in owners:
        add_options(parser, options_of(owner), with_choices=True)
    return vars(parser.parse_args(words))


def test_nothing_given_is_nothing_chosen():
    assert set(parse().values()) == {None}


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--epochs", "3"], "epochs", 3),
        (["--lr", "1e-4"], "learning_rate", 1e-4),
        (["--l2-power", "1"], "l2_power", 1),
        (["--schedule", "constant"], "schedule", "constant"),
        (["--compile"], "compiled", True),
        (["--no-gradient-checkpointing"], "gradient_checkpointing", False),
        (["--window", "full"], "window", "full"),
        (["--prompt", "a photo of <*>"], "prompt", "a photo of <*>"),
    ],
)
def test_an_option_is_read_with_its_type_under_its_fields_name(words, name, value):
    given = {name: found for name, found in parse(*words).items() if found is not None}
    assert given == {name: value}
    assert type(given[name]) is type(value)


def test_other_values_than_a_type_names_are_refused_by_name():
    with pytest.raises(ArgumentError, match="--label-target: invalid choice: 'sound' .*table.*encoder.*image"):
        parse("--label-target", "sound")


def test_painting_takes_any_text_and_leaves_it_to_the_settings():
    parser = ArgumentParser()
    add_painting_options(parser)
    given = vars(parser.parse_args(["--precision", "auto", "--scheduler", "ddim", "--compile", "--size", "64"]))
    chosen = {"scheduler": "ddim", "size": 64, "precision": "auto", "compiled": True}
    assert chosen_painting(given | {"batch_size": 3}) == chosen
    assert "For the paper's models. All are kept with every image." in parser.format_help()
