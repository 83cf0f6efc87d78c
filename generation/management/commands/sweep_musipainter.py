"""`manage.py sweep_musipainter`: train a preset in every cell of a small grid and compare the cells in one table."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser

from generation.errors import GenerationError
from generation.management.reporting import one_line_errors
from generation.progress import progress_bar

if TYPE_CHECKING:
    from generation.musipainter.sweeps import Grid

DECLARING = ("vary", "fix", "seeds", "one_at_a_time")


class Command(BaseCommand):
    help = "Train every cell of a small grid with several seeds and compare them. Started again, a sweep goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("sweep", help="Name of the sweep; its runs are named after it.")
        add("--preset", required=True, help="mini, or one of the paper's models.")
        add("--dataset", required=True, help="Name of an imported dataset.")
        add("--grid", type=Path, metavar="FILE", help="TOML file that declares the grid.")
        add(
            "--vary",
            action="append",
            nargs="+",
            metavar=("OPTION", "VALUE"),
            help="An option and its values, the reference's first: --vary pooling attentive average. Repeatable.",
        )
        add(
            "--fix",
            action="append",
            nargs=2,
            metavar=("OPTION", "VALUE"),
            help="An option that all cells share. Repeatable.",
        )
        add("--seeds", type=int, nargs="+", help="Seeds of every cell (default 0; take at least 3).")
        add("--one-at-a-time", action="store_true", help="The reference, and every other value alone; not all cells.")
        add("--device", default="auto", help="Where large networks compute (default auto).")
        add("--dry-run", action="store_true", help="Train nothing: print the command of every run.")

    def handle(
        self, *, sweep: str, preset: str, dataset: str, dry_run: bool = False, verbosity: int, **options: Any
    ) -> str:
        from generation.run import list_runs, run_sweep  # noqa: PLC0415 -- slow import

        with one_line_errors():
            grid = declared_grid(options)
            if dry_run:
                return list_runs(name=sweep, preset_name=preset, dataset_name=dataset, grid=grid)
            done = run_sweep(
                name=sweep,
                preset_name=preset,
                dataset_name=dataset,
                grid=grid,
                device=options.get("device") or "auto",
                progress=progress_bar(verbosity),
                say=self.stderr.write,
            )
        there = f" ({done.runs - done.trained} were there already)" if done.trained < done.runs else ""
        return (
            f"Compared {done.cells} cells over {done.runs} runs{there}: {done.folder / 'comparison.md'} "
            "(.csv and .json beside it)."
        )


def declared_grid(options: dict[str, Any]) -> "Grid":
    """The grid of the file, or of the options; GenerationError when it is declared in both ways or cannot be."""
    from generation.musipainter.sweeps import make_grid, read_grid  # noqa: PLC0415 -- slow import

    if options.get("grid"):
        if given := [name for name in DECLARING if options.get(name)]:
            raise GenerationError(f"--{given[0].replace('_', '-')} does not go with --grid: the file says it all.")
        return read_grid(Path(options["grid"]))
    table: dict[str, Any] = {"vary": {}, "fixed": {}, "seeds": options.get("seeds") or [0]}
    for name, *values in options.get("vary") or []:
        if name in table["vary"]:
            raise GenerationError(f"--vary {name} is given twice; give all values at once.")
        table["vary"][name] = [read_value(value) for value in values]
    table["fixed"] = {name: read_value(value) for name, value in options.get("fix") or []}
    table["design"] = "one-at-a-time" if options.get("one_at_a_time") else "full"
    return make_grid(table)


def read_value(text: Any) -> Any:
    """A value of the command line: a number or true / false where it reads as one, else a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
