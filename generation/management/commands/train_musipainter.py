"""`manage.py train_musipainter`: train a preset on a dataset; started again, it goes on where it stopped."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.management.options import add_options
from generation.management.reporting import one_line_errors
from generation.musipainter import LargeConfig, LossConfig, Preset, TrainConfig, options_of  # noqa: TID253 -- no torch
from generation.processes import is_main
from generation.progress import progress_bar

if TYPE_CHECKING:
    from generation.run import Training


class Command(BaseCommand):
    help = "Train a preset on the train split of a dataset. Interrupted and started again, it goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--preset", required=True, help="mini, or one of the paper's models (docs/generation.md).")
        add("--dataset", help="Name of an imported dataset.")
        add("--run", help="Name of the run, and of the checkpoint that it becomes.")
        add(
            "--dry-run",
            action="store_true",
            help="Train nothing: print parameters, updates and memory (of the dataset, or of Museart without one).",
        )
        add("--resume", action="store_true", help="Fail unless the run is there already.")
        recipe = parser.add_argument_group("recipe", "Without these, the preset's own values.")
        add_options(recipe, options_of(TrainConfig), with_choices=True)
        add_options(recipe, options_of(LossConfig), with_choices=True)
        large = parser.add_argument_group("large networks", "For the paper's models.")
        large.add_argument(
            "--device", default="auto", help="auto (default: cuda, else mps, else cpu), or one of these."
        )
        add_options(large, options_of(LargeConfig), with_choices=True)
        large.add_argument("--tensorboard", action="store_true", help="Also write losses for TensorBoard.")
        parts = parser.add_argument_group("ablations", "Other choices for the parts; kept with the run.")
        add_options(parts, options_of(Preset), with_choices=True)

    def handle(
        self,
        *,
        preset: str,
        dataset: str | None = None,
        run: str | None = None,
        resume: bool = False,
        dry_run: bool = False,
        verbosity: int,
        **options: Any,
    ) -> str:
        from generation.musipainter.training import change_train, chosen_parts  # noqa: PLC0415 -- slow import

        choices = chosen_parts(options)
        with one_line_errors():
            if dry_run:
                from generation.run import describe_recipe  # noqa: PLC0415 -- slow import

                return describe_recipe(
                    preset_name=preset,
                    dataset_name=dataset,
                    choices=choices,
                    change=lambda train: change_train(train, options),
                )
            if not dataset or not run:
                raise CommandError(f"--{'run' if dataset else 'dataset'} is missing; only --dry-run does without.")
            from generation.run import run_training  # noqa: PLC0415 -- slow import

            done = run_training(
                preset_name=preset,
                dataset_name=dataset,
                run_name=run,
                change=lambda train: change_train(train, options),
                choices=choices,
                device=options.get("device") or "auto",
                resume=resume,
                progress=progress_bar(verbosity if is_main() else 0),
                say=self.stderr.write if is_main() else ignore,
                watch=tensorboard_writer if options.get("tensorboard") else no_writer,
            )
        return closing_sentence(done, Path(settings.RUNS_ROOT) / run) if done.checkpoint else ""


def ignore(line: str) -> None:
    """One process speaks, the others keep quiet."""


def no_writer(run_dir: Path) -> Callable[[dict[str, Any]], None]:
    """Shows losses to nobody."""
    return lambda row: None


def tensorboard_writer(run_dir: Path) -> Callable[[dict[str, Any]], None]:
    """Writes each epoch's losses to <run>/tensorboard; CommandError when the library is not installed."""
    if not is_main():
        return no_writer(run_dir)
    try:
        from tensorboardX import SummaryWriter  # noqa: PLC0415 -- optional
    except ImportError as error:
        raise CommandError("--tensorboard needs the package tensorboardX: install the extra `tensorboard`.") from error

    def write(row: dict[str, Any]) -> None:
        # A file for each epoch: closing waits until everything is on disk, which the library's flush does not.
        suffix = f".epoch-{row['epoch']:03d}"
        for there in (run_dir / "tensorboard").glob(f"*{suffix}"):
            there.unlink()  # of an epoch that was shown before its run was stopped
        with SummaryWriter(str(run_dir / "tensorboard"), filename_suffix=suffix) as writer:
            for name, value in row.items():
                if name != "epoch":
                    writer.add_scalar(name.replace("_", "/", 1), value, row["epoch"])

    return write


def closing_sentence(done: "Training", folder: Path) -> str:
    """What was trained, from where, and which epoch was kept."""
    result = done.result
    assert done.checkpoint is not None
    best = next(row for row in result.history if row["epoch"] == result.epoch)
    kept = (
        f"weights of epoch {result.epoch} of {len(result.history)} "
        f"(validation loss {best['validation_loss']:.4f}, train loss {best['train_loss']:.4f})"
    )
    if result.was_finished:
        return f"Nothing to do: the run {done.checkpoint.name} is finished, {kept}."
    resumed = f", resumed after epoch {result.resumed_after}" if result.resumed_after else ""
    return f"Trained {done.checkpoint.preset} as {done.checkpoint.name}{resumed}: {kept} kept in {folder}"
