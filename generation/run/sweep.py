"""The bridge from rows to sweeps: cells trained, judged, put into one table. Imported inside functions only."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings as site

from generation import musipainter
from generation.comparison import first_difference
from generation.errors import CheckpointError, GenerationError
from generation.files import write_durably
from generation.media import LocalFiles
from generation.models import Checkpoint, Dataset
from generation.musipainter import Preset, TrainConfig, find_preset, json_bytes, sweeps
from generation.musipainter.sweeps import Cell, Grid, RunFigures, first_of_each
from generation.musipainter.training import change_train, chosen_parts, deciding_part, run_stands
from generation.networks import single_thread
from generation.processes import count as count_processes
from generation.progress import Progress, quietly
from generation.run.opening import checkpoint_dir, ignore, naming_full_disks, open_pipeline, settings_of
from generation.run.training import check_run_name, read_training_data, run_training
from generation.stimuli import find_dataset

JUDGED_PER_CATEGORY = 20  # train clips that make a centroid, and validation clips that are asked


@dataclass(frozen=True)
class Sweep:
    """What `run_sweep` did. `trained`: runs that were not there before."""

    folder: Path
    cells: int
    runs: int
    trained: int


def run_sweep(
    *,
    name: str,
    preset_name: str,
    dataset_name: str,
    grid: Grid,
    device: str = "auto",
    progress: Progress = quietly,
    say: Callable[[str], None] = ignore,
) -> Sweep:
    """Train every cell with every seed as an ordinary run, and write SWEEPS_ROOT/<name>/comparison.{json,csv,md}.

    Runs that have finished are not trained again, an unfinished one goes on; the table is written anew after each.
    Raises GenerationError with one line that names the run.
    """
    check_run_name(name)
    if count_processes() > 1:
        raise CheckpointError(
            "A sweep works in one process. Train its runs by the commands that --dry-run prints, in several processes "
            "each, then start the sweep in one: it takes finished runs as they are."
        )
    preset, dataset = find_preset(preset_name), find_dataset(dataset_name)
    sweeps.check_cells(grid, preset)
    folder = Path(site.SWEEPS_ROOT) / name
    cells = grid.cells()
    found: list[tuple[Cell, list[RunFigures]]] = [(cell, []) for cell in cells]
    trained = 0
    once = _once(say)
    runs = sweeps.name_runs(name, grid)
    for (place, seed), run in progress(runs.items(), "Runs of the sweep", total=len(runs)):
        options = grid.options(cells[place], seed)
        varied, train = musipainter.vary_preset(preset, chosen_parts(options)), change_train(preset.train, options)
        row = find_finished(run, varied, train, dataset)
        if row is None:
            trained += 1
            try:
                row = run_training(
                    preset_name=preset_name,
                    dataset_name=dataset_name,
                    run_name=run,
                    change=lambda _, train=train: train,  # type: ignore[misc]
                    choices=chosen_parts(options),
                    device=device,
                    progress=progress,
                    say=once,
                ).checkpoint
            except GenerationError as error:
                raise type(error)(f"The run {run} ({cells[place]}, seed {seed}): {error}") from error
            assert row is not None
        with naming_full_disks(f"files of the sweep {name}"):
            judged = judge(row, dataset, folder, device=device, say=once)
            found[place][1].append(_figures(row, seed, judged["hits"] / judged["clips"]))
            write_comparison(folder, name, preset, dataset, grid, found, judged)
    return Sweep(folder, len(cells), len(runs), trained)


def list_runs(*, name: str, preset_name: str, dataset_name: str, grid: Grid) -> str:
    """The commands that train the runs of a sweep one by one, as text."""
    check_run_name(name)
    find_dataset(dataset_name)
    sweeps.check_cells(grid, find_preset(preset_name))
    cells = grid.cells()
    runs = sweeps.name_runs(name, grid)
    lines = [
        sweeps.command_line(preset_name, dataset_name, run, grid.options(cells[place], seed))
        for (place, seed), run in runs.items()
    ]
    head = f"{len(cells)} cells with {len(grid.seeds)} seed{'s' if len(grid.seeds) > 1 else ''} each: {len(runs)} runs"
    return "\n".join([head, *lines])


def find_finished(run: str, preset: Preset, train: TrainConfig, dataset: Dataset) -> Checkpoint | None:
    """The checkpoint of a run that has finished with these options; CheckpointError when it did with others."""
    row = Checkpoint.objects.select_related("dataset").filter(name=run).first()
    if row is None or run_stands(checkpoint_dir(row)) != "finished":
        return None
    wanted = {
        "preset": preset.name,
        "choices": musipainter.describe_choices(preset),
        "dataset": dataset.describe(),
        "train": musipainter.to_json(train),
    }
    there = deciding_part({key: row.config.get(key) for key in wanted})
    if difference := first_difference(there, deciding_part(wanted)):
        raise CheckpointError(
            f"The run {run} has been trained otherwise: {difference}. Choose another name for the sweep, or the same "
            "grid as then."
        )
    return row


def judge(
    row: Checkpoint, dataset: Dataset, folder: Path, *, device: str = "auto", say: Callable[[str], None] = ignore
) -> dict[str, Any]:
    """Nearest-centroid hits of a checkpoint, of how many validation clips and categories; kept beside the table."""
    path = folder / "hits" / f"{row.name}.json"
    if path.exists():
        kept = json.loads(path.read_bytes())
        if kept["weights_sha256"] == row.weights_sha256:
            return kept
    large = row.config["train"]["large"]
    kept_with = ("precision", "channels_last", "compiled")
    painting = {"device": device} | {name: large[name] for name in kept_with} if large else {}
    with ExitStack() as stack:
        local = LocalFiles(stack)
        data = read_training_data(dataset, local)
        settings = settings_of(row, set_seed=0, batch_size=1, painting=painting)
        pipeline, _ = open_pipeline(row, dataset, local, settings, say=say)
        with single_thread():
            train, held_out = (
                [(clip.label, pipeline.audio_token(clip).cpu()) for clip in first_of_each(clips, JUDGED_PER_CATEGORY)]
                for clips in (data.clips, [pair.clip for pair in data.validation])
            )
    kept = {
        "weights_sha256": row.weights_sha256,
        "hits": sweeps.centroid_hits(train, held_out),
        "clips": len(held_out),
        "categories": len({label for label, _ in train}),
    }
    write_durably(path, json_bytes(kept))
    return kept


def write_comparison(
    folder: Path,
    name: str,
    preset: Preset,
    dataset: Dataset,
    grid: Grid,
    found: list[tuple[Cell, list[RunFigures]]],
    judged: dict[str, Any],
) -> None:
    """comparison.json, .csv and .md of the runs so far."""
    rows = list(Checkpoint.objects.filter(name__in=[run.run for _, runs in found for run in runs]))
    versions = {json.dumps([row.config["code"], row.config["libraries"]], sort_keys=True) for row in rows}
    notes = [
        "Figures are those of the epoch that each run kept, which was chosen on the same validation pairs: they serve "
        "to compare cells, and flatter all of them.",
        "Differences are paired: a cell and the reference with the same seed begin with the same weights, "
        "where both have them, and are validated on the same pairs with the same noise.",
        f"Nearest-centroid hits: share of {judged['clips']} validation clips whose audio token is nearer to the mean "
        f"of their category's train tokens than to any other's; {judged['categories']} categories, at most "
        f"{JUDGED_PER_CATEGORY} clips of each.",
        f"Intervals are not corrected for the number of cells ({len(found)}); they tell how seeds vary, not datasets.",
    ]
    if len(versions) > 1:
        notes.append(f"The runs were trained by {len(versions)} different versions of code or libraries.")
    about = {"sweep": name, "preset": preset.name, "dataset": dataset.describe(), "grid": grid.describe()}
    document = sweeps.compare(about | {"notes": notes}, found, runs=len(found) * len(grid.seeds))
    write_durably(folder / "comparison.json", json_bytes(document))
    write_durably(folder / "comparison.csv", sweeps.as_csv(document))
    write_durably(folder / "comparison.md", sweeps.as_markdown(document))


def _figures(row: Checkpoint, seed: int, hits: float) -> RunFigures:
    kept = next(losses for losses in row.losses if losses["epoch"] == row.epoch)
    values: dict[str, float] = {name: kept[f"validation_{name}"] for name in ("generator", "class", "loss")}
    return RunFigures(seed, row.name, row.epoch, row.weights_sha256, values | {"hits": hits})


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """The same line only once, whatever many runs say."""
    said: set[str] = set()

    def speak(line: Any) -> None:
        if line not in said:
            said.add(line)
            say(line)

    return speak
