"""Options: what may be chosen by name, declared once beside the default of a dataclass's field.

Commands make their arguments from these declarations and the admin its form fields; the bound stands with both and with
the dataclass itself (`check_bounds`). Neither torch nor Django.
"""

import types
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from generation.errors import CheckpointError

OPTION = "option"  # the key of a field's metadata
# `X | None`, written with classes and with the aliases of `typing`.
UNIONS = (types.UnionType, Union)


@dataclass(frozen=True)
class FormWords:
    """An option in a form: its label (else its name), a help text, and what the empty choice among several is.

    Attributes
    ----------
    help : str
        A sentence below the field; what an empty field means.
    label : str or None
        None: the option's name.
    empty : str
        Of an option with choices: the words for no choice.
    """

    help: str = ""
    label: str | None = None
    empty: str = ""


@dataclass(frozen=True)
class Option:
    """One option of a dataclass.

    Attributes
    ----------
    help : str or None
        For the command line.
    flag : str
        The option on the command line; by default its name with hyphens.
    metavar : str or None
        For the command line.
    least : int or None
        The smallest number that it takes.
    negatable : bool
        Whether `--no-<flag>` takes back what is true by default.
    form : FormWords or None
        None: forms do not ask for it.
    name : str
        Of the field.
    hint : type
        What it takes, without None: `bool`, `int`, `float`, `str` or a `Literal`.
    """

    help: str | None = None
    flag: str = ""
    metavar: str | None = None
    least: int | None = None
    negatable: bool = False
    form: FormWords | None = None
    name: str = ""
    hint: Any = None

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The only values there are; None where there are others."""
        return get_args(self.hint) if get_origin(self.hint) is Literal else None

    @property
    def kind(self) -> type:
        """`bool`, `int`, `float` or `str`."""
        return type(self.choices[0]) if self.choices else self.hint


def option(default: Any, help: str | None = None, **declared: Any) -> Any:
    """A dataclass's field that may be chosen by name; what is declared is said at `Option`.

    Parameters
    ----------
    default : object
        Of the field.
    help : str or None
        See `Option`, as `declared`.

    Returns
    -------
    dataclasses.Field
        With the declaration in its metadata.
    """
    return field(default=default, metadata={OPTION: Option(help, **declared)})


def options_of(owner: type) -> list[Option]:
    """The options of a dataclass, in the order of its fields.

    Parameters
    ----------
    owner : type
        A dataclass.

    Returns
    -------
    list of Option
        Fields without a declaration are left out.
    """
    hints = get_type_hints(owner)
    return [
        replace(
            item.metadata[OPTION],
            name=item.name,
            hint=without_none(hints[item.name]),
            flag=item.metadata[OPTION].flag or item.name.replace("_", "-"),
        )
        for item in fields(owner)
        if OPTION in item.metadata
    ]


def without_none(hint: Any) -> Any:
    """`X` of `X | None`; any other hint as it is."""
    if get_origin(hint) in UNIONS:
        return next(part for part in get_args(hint) if part is not types.NoneType)
    return hint


def check_bounds(settings: Any) -> None:
    """CheckpointError names the first option of a dataclass that is smaller than its least value."""
    for item in options_of(type(settings)):
        value = getattr(settings, item.name)
        if item.least is not None and value is not None and value < item.least:
            raise CheckpointError(f"{item.name} must be at least {item.least}, not {value}.")
