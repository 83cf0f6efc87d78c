"""A sweep: one preset trained in every cell of a small declared grid, each cell with the same seeds.

What is varied is declared in a TOML file or on the command line:

    seeds = [0, 1, 2, 3, 4]
    design = "one-at-a-time"            # or "full", the default: every combination

    [fixed]                             # options that all cells share
    epochs = 10

    [vary]                              # the first value of each option is the reference's
    pooling = ["attentive", "average"]
    lambda_l1 = [0.01, 0.0]

A cell is an ordinary run for every seed, so a sweep that was killed goes on where it stopped.
"""

import hashlib
import itertools
import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from generation.errors import CheckpointError
from generation.musipainter.presets import Preset, vary_preset
from generation.musipainter.training import OPTIONS, change_train, check_option, chosen_parts

Design = Literal["full", "one-at-a-time"]
LONGEST_NAME = 80  # of a run


@dataclass(frozen=True)
class Cell:
    """One combination of the options that a sweep varies. The first cell of a sweep is its reference.

    Attributes
    ----------
    settings : dict
        Values by option.
    is_reference : bool
        Whether the others are compared with it.
    """

    settings: dict[str, Any]
    is_reference: bool

    def __str__(self) -> str:
        return ", ".join(f"{name} {show_value(value)}" for name, value in self.settings.items())


@dataclass(frozen=True)
class Grid:
    """What a sweep varies and what it keeps.

    Attributes
    ----------
    vary : dict of tuple
        Values by option, the reference's first.
    fixed : dict
        Options that all cells share.
    seeds : tuple of int
        Of every cell.
    design : {"full", "one-at-a-time"}
        All combinations, or the reference and every other value alone.

    Raises
    ------
    CheckpointError
        When it is empty or says something twice.
    """

    vary: dict[str, tuple[Any, ...]]
    fixed: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    design: Design = "full"

    def __post_init__(self) -> None:
        if not self.vary:
            raise CheckpointError("The grid varies nothing: give at least one option with two values.")
        for name, values in self.vary.items():
            if len(values) < 2:
                raise CheckpointError(f"The grid gives {name} {len(values)} value(s); to vary it takes two or more.")
            if len(set(values)) < len(values):
                twice = next(value for value in values if values.count(value) > 1)
                raise CheckpointError(f"The grid gives {name} the value {show_value(twice)} twice: the same cell.")
        if both := sorted(self.vary.keys() & self.fixed.keys()):
            raise CheckpointError(f"{both[0]} is fixed and varied at once.")
        if "seed" in {*self.vary, *self.fixed}:
            raise CheckpointError("seed is no option of a grid: every cell is trained with each of its seeds.")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise CheckpointError("The grid's seeds must be different whole numbers from 0 on, at least one.")

    def cells(self) -> list[Cell]:
        """All cells, the reference first."""
        names = list(self.vary)
        reference = {name: values[0] for name, values in self.vary.items()}
        if self.design == "full":
            found = [dict(zip(names, values, strict=True)) for values in itertools.product(*self.vary.values())]
        else:
            others = [{**reference, name: value} for name, values in self.vary.items() for value in values[1:]]
            found = [reference, *others]
        return [Cell(settings, settings == reference) for settings in found]

    def options(self, cell: Cell, seed: int) -> dict[str, Any]:
        """The options of a run."""
        return {**self.fixed, **cell.settings, "seed": seed}

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "design": self.design,
            "seeds": list(self.seeds),
            "fixed": self.fixed,
            "vary": {name: list(values) for name, values in self.vary.items()},
        }


def read_grid(path: Path) -> Grid:
    """A grid from a TOML file.

    Parameters
    ----------
    path : Path
        See the module's text.

    Returns
    -------
    Grid
        Checked.

    Raises
    ------
    CheckpointError
        Names the file and what is wrong in it.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"The grid {path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"The grid {path} is not TOML: {error}.") from error
    try:
        return make_grid(table)
    except CheckpointError as error:
        raise CheckpointError(f"The grid {path}: {error}") from error


def make_grid(table: Mapping[str, Any]) -> Grid:
    """A grid from the entries of its file.

    Parameters
    ----------
    table : mapping
        `vary`, `fixed`, `seeds`, `design`; see the module's text.

    Returns
    -------
    Grid
        Checked.

    Raises
    ------
    CheckpointError
        When an entry, an option or a value is none.
    """
    known = {"seeds": list, "design": str, "fixed": dict, "vary": dict}
    for name, value in table.items():
        if name not in known:
            raise CheckpointError(f"there is no entry {name!r}; there are {', '.join(known)}.")
        if not isinstance(value, known[name]):
            raise CheckpointError(f"{name} is no {'table' if known[name] is dict else known[name].__name__}.")
    for name, values in table.get("vary", {}).items():
        if not isinstance(values, list):
            raise CheckpointError(f"vary.{name} is no list of values.")
    design = table.get("design", "full")
    if design not in get_args(Design):
        raise CheckpointError(f"design is {' or '.join(get_args(Design))}, not {design!r}.")
    seeds = table.get("seeds", [0])
    if any(type(seed) is not int for seed in seeds):
        raise CheckpointError("seeds are whole numbers.")
    return Grid(
        vary={
            name: tuple(check_option(name, value) for value in values) for name, values in table.get("vary", {}).items()
        },
        fixed={name: check_option(name, value) for name, value in table.get("fixed", {}).items()},
        seeds=tuple(seeds),
        design=cast(Design, design),
    )


def check_cells(grid: Grid, preset: Preset) -> None:
    """Make sure that the preset can be trained as every cell.

    Parameters
    ----------
    grid : Grid
        What is varied.
    preset : Preset
        What is trained.

    Raises
    ------
    CheckpointError
        Names the first cell that cannot be.
    """
    for cell in grid.cells():
        options = grid.options(cell, grid.seeds[0])
        try:
            vary_preset(preset, chosen_parts(options))
            change_train(preset.train, options)
        except CheckpointError as error:
            raise CheckpointError(f"The cell with {cell}: {error}") from error


def name_runs(sweep: str, grid: Grid) -> dict[tuple[int, int], str]:
    """The run of each cell (by its place) and seed. A name follows from the cell alone, so more cells change none.

    Parameters
    ----------
    sweep : str
        Name of the sweep.
    grid : Grid
        Its cells and seeds.

    Returns
    -------
    dict
        (place of the cell, seed) to the run's name, of at most 80 characters.
    """
    cells = grid.cells()
    slugs = [_slug(cell.settings) for cell in cells]
    longest = len(sweep) + max(map(len, slugs)) + len(str(max(grid.seeds))) + len("--s")
    if len(set(slugs)) < len(slugs) or longest > LONGEST_NAME:
        slugs = [_short_hash(cell.settings) for cell in cells]
    return {(place, seed): f"{sweep}-{slug}-s{seed}" for place, slug in enumerate(slugs) for seed in grid.seeds}


def show_value(value: Any) -> str:
    """A value as TOML writes it, without quotes around plain words."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def command_line(preset: str, dataset: str, run: str, options: Mapping[str, Any]) -> str:
    """The command that trains one run of a sweep by itself, such as on another machine of a cluster.

    Parameters
    ----------
    preset, dataset, run : str
        Names.
    options : mapping
        `Grid.options` of the run.

    Returns
    -------
    str
        Arguments of manage.py, quoted for a shell.
    """
    words = ["train_musipainter", "--preset", preset, "--dataset", dataset, "--run", run]
    for name, value in options.items():
        words += _as_arguments(name, value)
    return shlex.join(words)


def _as_arguments(name: str, value: Any) -> list[str]:
    item = OPTIONS[name]
    if value is True:
        return [f"--{item.flag}"]
    if value is False:
        return [f"--no-{item.flag}"] if item.negatable else []  # the others are off unless asked for
    return [f"--{item.flag}", show_value(value)]


def _slug(settings: Mapping[str, Any]) -> str:
    text = "_".join(f"{name}-{show_value(value)}" for name, value in settings.items())
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())


def _short_hash(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]
