"""Options of a training by name: a choice of the preset, or a field of its training, its loss, its large networks."""

import types
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from generation.errors import CheckpointError
from generation.musipainter.config import LargeConfig, LossConfig, TrainConfig
from generation.musipainter.presets import CHOICES, Preset

# `X | None`, written with classes and with the aliases of `typing`.
UNIONS = (types.UnionType, Union)

TRAIN = (
    "epochs",
    "batch_size",
    "accumulation",
    "validation_batch_size",
    "learning_rate",
    "schedule",
    "steps_per_epoch",
    "seed",
)
LOSS = ("lambda_l1", "lambda_l2", "lambda_class", "l1_reduction", "l2_power", "class_reduction")
LARGE = (
    "precision",
    "gradient_checkpointing",
    "channels_last",
    "compiled",
    "ema_decay",
    "patience",
    "sample_clips",
    "sample_steps",
)
KINDS: dict[str, type] = {
    **dict.fromkeys(TRAIN, TrainConfig),
    **dict.fromkeys(LOSS, LossConfig),
    **dict.fromkeys(LARGE, LargeConfig),
    **dict.fromkeys(CHOICES, Preset),
}


def change_train(train: TrainConfig, options: Mapping[str, Any]) -> TrainConfig:
    """The training with the options that were given; None and names of other things are passed over.

    CheckpointError when a value cannot be, or an option is for large networks and the training has none.
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
    """The options among these that choose other parts of a preset."""
    return {name: options[name] for name in CHOICES if options.get(name) is not None}


def check_option(name: str, value: Any) -> Any:
    """The value as the option takes it; CheckpointError when there is no such option, or it takes no such value."""
    if name not in KINDS:
        raise CheckpointError(f"There is no option {name!r}; there are {', '.join(KINDS)}.")
    hint = get_type_hints(KINDS[name])[name]
    fitting = _fit(hint, value)
    if fitting is None:
        raise CheckpointError(f"{name} cannot be {value!r}; it takes {_describe(hint)}.")
    return fitting


def _fit(hint: Any, value: Any) -> Any:
    if get_origin(hint) is Literal:
        return next((known for known in get_args(hint) if known == value and type(known) is type(value)), None)
    if get_origin(hint) in UNIONS:
        found = [_fit(part, value) for part in get_args(hint) if part is not types.NoneType]
        return next((item for item in found if item is not None), None)
    if hint is float and type(value) is int:
        return float(value)
    return value if type(value) is hint else None


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    if get_origin(hint) in UNIONS:
        return " or ".join(_describe(part) for part in get_args(hint) if part is not types.NoneType)
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}[hint]
