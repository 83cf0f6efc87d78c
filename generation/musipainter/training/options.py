"""Options of a training by name: a choice of the preset, or a field of its training, its loss, its large networks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generation.errors import CheckpointError
from generation.musipainter.config import LargeConfig, LossConfig, TrainConfig
from generation.musipainter.options import Option, options_of
from generation.musipainter.presets import CHOICES, Preset

OWNERS = (TrainConfig, LossConfig, LargeConfig)
TRAIN, LOSS, LARGE = (tuple(item.name for item in options_of(owner)) for owner in OWNERS)
OPTIONS = {item.name: item for owner in (*OWNERS, Preset) for item in options_of(owner)}
WORDS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def change_train(train: TrainConfig, options: Mapping[str, Any]) -> TrainConfig:
    """The training with the options that were given.

    Parameters
    ----------
    train : TrainConfig
        Of a preset.
    options : mapping
        Values by name; None and names of other things are passed over.

    Raises
    ------
    CheckpointError
        When a value cannot be, or an option is for large networks and the training has none.
    """
    fields, loss, large = (
        {name: options[name] for name in names if options.get(name) is not None} for names in (TRAIN, LOSS, LARGE)
    )
    if large and train.large is None:
        raise CheckpointError(f"--{next(iter(large)).replace('_', '-')} is for large networks; this preset has none.")
    if train.large is None and (device := options.get("device")) not in (None, "auto", "cpu"):
        raise CheckpointError(f"--device {device} is for large networks; this preset computes on the CPU.")
    if train.large:
        fields["large"] = replace(train.large, **large)
    return replace(train, **fields, loss=replace(train.loss, **loss))


def chosen_parts(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options among these that choose other parts of a preset.

    Parameters
    ----------
    options : mapping
        Values by name; None and names of other things are passed over.

    Returns
    -------
    dict
        For `vary_preset`.
    """
    return {name: options[name] for name in CHOICES if options.get(name) is not None}


def check_option(name: str, value: Any) -> Any:
    """The value as the option takes it.

    Parameters
    ----------
    name : str
        A key of `OPTIONS`.
    value : object
        Of a command line or a TOML file.

    Returns
    -------
    object
        A whole number becomes a float where the option takes one.

    Raises
    ------
    CheckpointError
        When there is no such option, or it takes no such value.
    """
    if name not in OPTIONS:
        raise CheckpointError(f"There is no option {name!r}; there are {', '.join(OPTIONS)}.")
    item = OPTIONS[name]
    if (fitting := _fit(item, value)) is None:
        taken = " or ".join(map(str, item.choices)) if item.choices else WORDS[item.kind]
        raise CheckpointError(f"{name} cannot be {value!r}; it takes {taken}.")
    return fitting


def _fit(item: Option, value: Any) -> Any:
    if item.kind is float and type(value) is int:
        return float(value)
    fits = type(value) is item.kind and (not item.choices or value in item.choices)
    return value if fits else None
