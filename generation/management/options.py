"""Options of dataclasses (see `generation.musipainter.options`) as arguments of commands."""

from argparse import BooleanOptionalAction
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from generation.musipainter import Option, options_of  # noqa: TID253 -- no torch
from generation.musipainter.backbones import BACKBONES, find_backbone  # noqa: TID253 -- no torch


def add_options(group: Any, options: Iterable[Option], *, with_choices: bool) -> None:
    """Options that dataclasses declare.

    with_choices: whether the command line refuses other values than a field's type names; else the dataclass does.
    """
    for item in options:
        group.add_argument(f"--{item.flag}", dest=item.name, help=item.help, **_reading(item, with_choices))


def _reading(item: Option, with_choices: bool) -> dict[str, Any]:
    if item.kind is bool:
        return {"action": BooleanOptionalAction if item.negatable else "store_true", "default": None}
    choices = item.choices if with_choices else None
    return {"type": item.kind, "choices": choices, "metavar": item.metavar}


def add_painting_options(parser: CommandParser) -> None:
    """Settings of the backbones that have some; presets of others refuse them. What two share is one option."""
    there: set[str] = set()
    for backbone in map(find_backbone, BACKBONES):
        if new := [item for item in options_of(backbone.settings) if item.name not in there]:
            add_options(parser.add_argument_group(backbone.group, backbone.description), new, with_choices=False)
            there |= {item.name for item in new}


def chosen_painting(options: dict[str, Any]) -> dict[str, Any]:
    """The painting options that were given."""
    names = dict.fromkeys(item.name for name in BACKBONES for item in options_of(find_backbone(name).settings))
    return {name: options[name] for name in names if options.get(name) is not None}
