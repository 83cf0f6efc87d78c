"""`manage.py train_musipainter`: train a preset on a dataset; started again, it goes on where it stopped."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.errors import GenerationError
from generation.progress import progress_bar

if TYPE_CHECKING:
    from generation.musipainter.config import TrainConfig
    from generation.run import Training

# Options that overwrite a field of the preset's training, or of its loss.
TRAIN_FIELDS = ("epochs", "batch_size", "accumulation", "learning_rate", "schedule", "steps_per_epoch", "seed")
LOSS_FIELDS = ("lambda_l1", "lambda_l2", "lambda_class", "l1_reduction", "l2_power", "class_reduction")


class Command(BaseCommand):
    help = "Train a preset on the train split of a dataset. Interrupted and started again, it goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--preset", required=True, help="mini, or one of the paper's models (docs/generation.md).")
        parser.add_argument("--dataset", required=True, help="Name of an imported dataset.")
        parser.add_argument("--run", required=True, help="Name of the run, and of the checkpoint that it becomes.")
        parser.add_argument("--resume", action="store_true", help="Fail unless the run is there already.")
        recipe = parser.add_argument_group("recipe", "Without these, the preset's own values.")
        recipe.add_argument("--epochs", type=int)
        recipe.add_argument("--steps-per-epoch", type=int, help="Updates per epoch; without it, every clip once.")
        recipe.add_argument("--batch-size", type=int, help="Pairs per forward pass.")
        recipe.add_argument("--accumulation", type=int, help="Forward passes per update.")
        recipe.add_argument("--lr", type=float, dest="learning_rate", help="Initial learning rate.")
        recipe.add_argument("--schedule", choices=["cosine", "constant"])
        recipe.add_argument("--seed", type=int, help="Decides every draw of the run (default 0).")
        recipe.add_argument("--lambda-l1", type=float, help="Weight of the l1 term of eq. 3.")
        recipe.add_argument("--lambda-l2", type=float, help="Weight of the l2 term of eq. 9.")
        recipe.add_argument("--lambda-class", type=float, help="Weight of eq. 2.")
        recipe.add_argument("--l1-reduction", choices=["mean", "sum"], help="||e||_1 divided by its length, or not.")
        recipe.add_argument("--l2-power", type=int, choices=[1, 2], help="||e||_2, or its square.")
        recipe.add_argument("--class-reduction", choices=["batch", "sample"], help="Eq. 2 per batch or per pair.")

    def handle(
        self, *, preset: str, dataset: str, run: str, resume: bool = False, verbosity: int, **options: Any
    ) -> str:
        from generation.run import run_training  # noqa: PLC0415 -- slow import

        try:
            done = run_training(
                preset_name=preset,
                dataset_name=dataset,
                run_name=run,
                change=lambda train: change_train(train, options),
                resume=resume,
                progress=progress_bar(verbosity),
            )
        except GenerationError as error:
            raise CommandError(str(error)) from error
        return closing_sentence(done, Path(settings.RUNS_ROOT) / run)


def change_train(train: "TrainConfig", options: dict[str, Any]) -> "TrainConfig":
    """The preset's training with the options that were given."""
    loss = {name: options[name] for name in LOSS_FIELDS if options.get(name) is not None}
    fields = {name: options[name] for name in TRAIN_FIELDS if options.get(name) is not None}
    return replace(train, **fields, loss=replace(train.loss, **loss))


def closing_sentence(done: "Training", folder: Path) -> str:
    """What was trained, from where, and which epoch was kept."""
    result = done.result
    best = next(row for row in result.history if row["epoch"] == result.epoch)
    kept = (
        f"weights of epoch {result.epoch} of {len(result.history)} "
        f"(validation loss {best['validation_loss']:.4f}, train loss {best['train_loss']:.4f})"
    )
    if result.was_finished:
        return f"Nothing to do: the run {done.checkpoint.name} is finished, {kept}."
    resumed = f", resumed after epoch {result.resumed_after}" if result.resumed_after else ""
    return f"Trained {done.checkpoint.preset} as {done.checkpoint.name}{resumed}: {kept} kept in {folder}"
