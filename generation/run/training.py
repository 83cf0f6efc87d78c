"""The bridge from a dataset to a run: train, import or export an embedder. Imported inside functions only."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings as site

from generation.errors import CheckpointError
from generation.media import LocalFiles
from generation.models import Artwork, Checkpoint, Clip, Dataset, ReferencePair, Split, StimulusSet
from generation.musipainter import LargeConfig, Pair, TrainConfig, TrainingData, find_preset, json_bytes, vary_preset
from generation.musipainter.training import TrainingResult, run_stands, train_run
from generation.names import is_short_name
from generation.processes import is_main
from generation.progress import Progress, quietly
from generation.run.opening import feature_cache, ignore, media_item, naming_full_disks, open_parts
from generation.stimuli import find_dataset


@dataclass(frozen=True)
class Training:
    """What `run_training` did."""

    checkpoint: Checkpoint | None  # None in the processes that only help
    result: TrainingResult


def run_training(
    *,
    preset_name: str,
    dataset_name: str,
    run_name: str,
    change: Callable[[TrainConfig], TrainConfig] = lambda train: train,
    choices: Mapping[str, Any] = MappingProxyType({}),
    device: str = "auto",
    resume: bool = False,
    progress: Progress = quietly,
    say: Callable[[str], None] = ignore,
    watch: Callable[[Path], Callable[[dict[str, Any]], None]] = lambda run_dir: ignore,
) -> Training:
    """Train a preset on a dataset's train split in RUNS_ROOT/<run>, or go on with the run that is there.

    change: makes the preset's training config the one that is wanted. choices: see `presets.vary_preset`.
    device: where large networks compute. resume: a run of this name has to be there.
    say: is told what the person who waits should hear before it begins. watch: given the run folder, something that
    is shown each epoch's losses.
    Several processes (see `processes`) may call this together; only the first writes.
    Raises GenerationError with one line that says what to do.
    """
    preset = vary_preset(find_preset(preset_name), choices)
    check_run_name(run_name)
    dataset = find_dataset(dataset_name)
    run_dir = Path(site.RUNS_ROOT) / run_name
    if resume and run_stands(run_dir) == "absent":
        raise CheckpointError(f"There is no run {run_name} to resume; leave out --resume to start it.")
    if run_stands(run_dir) == "absent":
        refuse_if_shown(run_name)
    train = change(preset.train)
    with ExitStack() as stack:
        data = read_training_data(dataset, LocalFiles(stack))
        parts = open_parts(preset, train.large or LargeConfig(), device=device, say=say)
        with naming_full_disks(f"files of the run {run_name}"):
            result = train_run(
                run_dir,
                parts=parts,
                data=data,
                train=train,
                about=dataset.describe(),
                cache=feature_cache(),
                progress=progress,
                watch=watch(run_dir),
            )
    if not is_main():
        return Training(None, result)
    checkpoint, _ = Checkpoint.objects.update_or_create(
        name=run_name,
        defaults={
            "preset": preset.name,
            "dataset": dataset,
            "run_dir": run_dir.relative_to(site.DATA_DIR).as_posix(),
            # As it stands in config.json: whether the run was finished just now or before must not show.
            "config": json.loads(json_bytes(result.config)),
            "weights_sha256": result.weights_sha256,
            "epoch": result.epoch,
            "losses": result.history,
        },
    )
    return Training(checkpoint, result)


def check_run_name(name: str) -> None:
    """CheckpointError when this cannot name a run."""
    if not is_short_name(name):
        raise CheckpointError(f'"{name}" cannot name a run: use letters, digits, - and _.')


def refuse_if_shown(run_name: str) -> None:
    """CheckpointError when an opened study shows images of a run of this name, which was trained before."""
    for stimulus_set in StimulusSet.objects.filter(checkpoint__name=run_name):
        opened = [arm.study for arm in stimulus_set.arms.select_related("study") if arm.study.status != "draft"]
        if opened:
            raise CheckpointError(
                f'The study "{opened[0].title}" was opened with images of the run {run_name}, whose folder is gone: '
                "another training would be another model. Restore the folder from a backup, or choose another name."
            )


def read_training_data(dataset: Dataset, local: LocalFiles) -> TrainingData:
    """Train-split clips and artworks, and the reference pairs of the val split."""
    rows = {"category__dataset": dataset, "split": Split.TRAIN}
    pairs = ReferencePair.objects.filter(clip__category__dataset=dataset, clip__split=Split.VAL)
    return TrainingData(
        clips=[media_item(clip, local) for clip in Clip.objects.filter(**rows).select_related("category")],
        artworks=[media_item(artwork, local) for artwork in Artwork.objects.filter(**rows).select_related("category")],
        validation=[
            Pair(media_item(pair.clip, local), media_item(pair.artwork, local))
            for pair in pairs.select_related("clip__category", "artwork__category")
        ],
    )
