"""Embedders in AudioToken's published layout: imported and exported."""

import hashlib
from io import BytesIO
from pathlib import Path

import torch
from django.conf import settings as site
from safetensors.torch import save as save_safetensors

from generation import musipainter
from generation.errors import CheckpointError
from generation.files import write_durably
from generation.models import Checkpoint
from generation.musipainter import CONFIG, STATISTICS, WEIGHTS, LargeConfig
from generation.musipainter.training import run_stands
from generation.run.opening import checkpoint_dir, find_checkpoint, naming_full_disks, open_parts
from generation.run.training import check_run_name
from generation.stimuli import find_dataset


def import_embedder(*, file: Path, run_name: str, dataset_name: str, preset_name: str) -> Checkpoint:
    """Make a run folder and a checkpoint of an embedder's tensors that were trained elsewhere.

    CheckpointError names the tensor that is missing, unknown or of another shape than the preset's parts ask for.
    """
    preset = musipainter.find_preset(preset_name)
    check_run_name(run_name)
    dataset = find_dataset(dataset_name)
    run_dir = Path(site.RUNS_ROOT) / run_name
    if run_stands(run_dir) != "absent":
        raise CheckpointError(f"There is a run {run_name} already; choose another name.")
    tensors = musipainter.read_state(file)
    parts = open_parts(preset, LargeConfig(), device="cpu")
    embedder = musipainter.make_embedder(parts)
    musipainter.import_state(embedder, tensors, source=str(file))
    config = {
        **musipainter.describe_parts(parts, embedder),
        "dataset": {"name": "", "manifest_sha256": ""},  # what it was trained on is not known here
        "imported": {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
    }
    with naming_full_disks(f"files of the run {run_name}"):
        run_dir.mkdir(parents=True, exist_ok=True)
        sha256 = musipainter.save_weights(run_dir, embedder=embedder.state_dict(), parts=parts, epoch=0)
        write_durably(run_dir / CONFIG, musipainter.json_bytes(config))
    return Checkpoint.objects.create(
        name=run_name,
        preset=preset.name,
        dataset=dataset,
        run_dir=run_dir.relative_to(site.DATA_DIR).as_posix(),
        config=config,
        weights_sha256=sha256,
        epoch=0,
    )


def export_embedder(*, run_name: str, out: Path) -> int:
    """Write a checkpoint's embedder with AudioToken's names and shapes; returns its number of parameters."""
    row = find_checkpoint(run_name)
    if out.suffix not in (".bin", ".safetensors"):
        raise CheckpointError(f"{out.name} should end in .bin or .safetensors.")
    tensors, _, _ = musipainter.read_weights(checkpoint_dir(row) / WEIGHTS)
    state = musipainter.as_published(
        {name: tensor for name, tensor in tensors.items() if name.split(".")[0] not in STATISTICS}
    )
    if out.suffix == ".safetensors":
        data = save_safetensors(state)
    else:
        buffer = BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
    write_durably(out, data)
    return sum(tensor.numel() for tensor in state.values())
