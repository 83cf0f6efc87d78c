"""Options of dataclasses (see `generation.musipainter.options`) as arguments of commands."""

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandParser

from generation.musipainter import Option, options_of  # noqa: TID253 -- no torch
from generation.musipainter.backbones import BACKBONES, find_backbone  # noqa: TID253 -- no torch


def add_options(group: Any, owner: type, *, with_choices: bool) -> None:
    """The options of a dataclass.

    with_choices: whether the command line refuses other values than a field's type names; else the dataclass does.
    """
    for item in options_of(owner):
        group.add_argument(f"--{item.flag}", dest=item.name, help=item.help, **_reading(item, with_choices))


def _reading(item: Option, with_choices: bool) -> dict[str, Any]:
    if item.kind is bool:
        return {"action": BooleanOptionalAction if item.negatable else "store_true", "default": None}
    choices = item.choices if with_choices else None
    return {"type": item.kind, "choices": choices, "metavar": item.metavar}


def add_painting_options(parser: CommandParser) -> None:
    """Settings of the backbones that have some; presets of others refuse them."""
    for backbone in map(find_backbone, BACKBONES):
        if options_of(backbone.settings):
            group = parser.add_argument_group(backbone.group, backbone.description)
            add_options(group, backbone.settings, with_choices=False)


def chosen_painting(options: dict[str, Any]) -> dict[str, Any]:
    """The painting options that were given."""
    names = dict.fromkeys(item.name for name in BACKBONES for item in options_of(find_backbone(name).settings))
    return {name: options[name] for name in names if options.get(name) is not None}
