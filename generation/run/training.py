"""The bridge from a dataset to a run: train, import or export an embedder. Imported inside functions only."""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from django.conf import settings as site
from django.utils.text import slugify
from safetensors.torch import save as save_safetensors

from generation.errors import CheckpointError
from generation.files.durable import write_durably
from generation.models import Artwork, Checkpoint, Clip, Dataset, ReferencePair, Split
from generation.musipainter.checkpoint import CONFIG, STATISTICS, WEIGHTS, json_bytes, read_weights, save_weights
from generation.musipainter.config import LargeConfig, TrainConfig
from generation.musipainter.data import Pair, TrainingData
from generation.musipainter.embedder import Embedder, as_published, import_state, read_state
from generation.musipainter.presets import Parts, describe_choices, find_preset, make_embedder, vary_preset
from generation.musipainter.training.loop import TrainingResult, run_stands, train_run
from generation.musipainter.versions import code_version, library_versions
from generation.processes import is_main
from generation.progress import Progress, quietly
from generation.run.measuring.embeddings import LocalFiles
from generation.run.opening import (
    checkpoint_dir,
    feature_cache,
    find_checkpoint,
    ignore,
    media_item,
    naming_full_disks,
    open_parts,
)
from generation.stimuli.request import find_dataset


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
    train = change(preset.train)
    with ExitStack() as stack:
        data = read_training_data(dataset, LocalFiles(stack))
        large = train.large or LargeConfig()
        parts = open_parts(
            preset,
            device=device,
            precision=large.precision,
            channels_last=large.channels_last,
            compiled=large.compiled,
            say=say,
        )
        with naming_full_disks(f"files of the run {run_name}"):
            result = train_run(
                run_dir,
                parts=parts,
                data=data,
                train=train,
                about={"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
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


def import_embedder(*, file: Path, run_name: str, dataset_name: str, preset_name: str) -> Checkpoint:
    """Make a run folder and a checkpoint of an embedder's tensors that were trained elsewhere.

    CheckpointError names the tensor that is missing, unknown or of another shape than the preset's parts ask for.
    """
    preset = find_preset(preset_name)
    check_run_name(run_name)
    dataset = find_dataset(dataset_name)
    run_dir = Path(site.RUNS_ROOT) / run_name
    if run_stands(run_dir) != "absent":
        raise CheckpointError(f"There is a run {run_name} already; choose another name.")
    tensors = read_state(file)
    parts = open_parts(preset, device="cpu", precision="float32")
    embedder = make_embedder(parts)
    import_state(embedder, tensors, source=str(file))
    config = describe_import(parts, embedder, file)
    with naming_full_disks(f"files of the run {run_name}"):
        run_dir.mkdir(parents=True, exist_ok=True)
        sha256 = save_weights(run_dir, embedder=embedder.state_dict(), parts=parts, epoch=0)
        write_durably(run_dir / CONFIG, json_bytes(config))
    return Checkpoint.objects.create(
        name=run_name,
        preset=preset.name,
        dataset=dataset,
        run_dir=run_dir.relative_to(site.DATA_DIR).as_posix(),
        config=config,
        weights_sha256=sha256,
        epoch=0,
    )


def describe_import(parts: Parts, embedder: Embedder, file: Path) -> dict[str, Any]:
    """config.json of a run that was trained elsewhere: its parts, and the file that it came from."""
    return {
        "schema": "paragone-run/1",
        "preset": parts.preset.name,
        "title": parts.preset.title,
        "choices": describe_choices(parts.preset),
        "dataset": {"name": "", "manifest_sha256": ""},  # what it was trained on is not known here
        "imported": {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
        "audio_encoder": parts.audio_encoder.describe(),
        "backbone": parts.backbone.describe(),
        "embedder": {
            "in_dim": embedder.in_dim,
            "out_dim": embedder.out_dim,
            "parameters": sum(tensor.numel() for tensor in embedder.parameters()),
        },
        "code": code_version(),
        "libraries": library_versions(),
    }


def export_embedder(*, run_name: str, out: Path) -> int:
    """Write a checkpoint's embedder with AudioToken's names and shapes; returns its number of parameters."""
    row = find_checkpoint(run_name)
    if out.suffix not in (".bin", ".safetensors"):
        raise CheckpointError(f"{out.name} should end in .bin or .safetensors.")
    tensors, _, _ = read_weights(checkpoint_dir(row) / WEIGHTS)
    state = as_published({name: tensor for name, tensor in tensors.items() if name.split(".")[0] not in STATISTICS})
    if out.suffix == ".safetensors":
        data = save_safetensors(state)
    else:
        buffer = BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
    write_durably(out, data)
    return sum(tensor.numel() for tensor in state.values())


def check_run_name(name: str) -> None:
    """CheckpointError when this cannot name a run."""
    if not name or slugify(name) != name.lower() or len(name) > 80:
        raise CheckpointError(f'"{name}" cannot name a run: use letters, digits, - and _.')


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
