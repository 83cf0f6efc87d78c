"""A run folder: what a training run leaves behind, and how it is read again.

config.json            everything that decided the run (no clock time, no machine)
losses.csv, losses.svg losses per epoch
embedder.safetensors   weights of the best epoch under AudioToken's names, and beside them, with the prefixes
                       `audio_encoder.` and `backbone.`, the train-split statistics that belong to them
run.log                clock times and host; the only file with them
state.pt               of an unfinished run only: where it stands
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_safetensors
from torch import Tensor

from generation.comparison import first_difference
from generation.errors import CheckpointError
from generation.files import write_durably
from generation.musipainter.embedder import Embedder, import_state
from generation.musipainter.parts import Parts, make_embedder
from generation.musipainter.presets import describe_choices
from generation.musipainter.versions import code_version, library_versions

CONFIG, LOSSES, FIGURE = "config.json", "losses.csv", "losses.svg"
WEIGHTS, LOG, STATE = "embedder.safetensors", "run.log", "state.pt"
# One metadata entry: safetensors writes several in random order.
METADATA_KEY = "paragone"
STATISTICS = ("audio_encoder", "backbone")


@dataclass(frozen=True)
class Checkpoint:
    """A trained model, ready to paint."""

    config: dict[str, Any]
    parts: Parts
    embedder: Embedder
    epoch: int
    weights_sha256: str


def json_bytes(value: Any) -> bytes:
    """JSON for people and for comparison: sorted, indented, one newline at the end.

    Parameters
    ----------
    value : JSON
        No NaN and no infinity.

    Returns
    -------
    bytes
        UTF-8; equal values, equal bytes.
    """
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def describe_parts(parts: Parts, embedder: Embedder) -> dict[str, Any]:
    """What every run's config.json says of the model, of our code and of its libraries; `embedder` as it begins.

    Parameters
    ----------
    parts : Parts
        The frozen parts, loaded.
    embedder : Embedder
        As it begins; its sizes are written down.

    Returns
    -------
    dict
        As JSON: the part of config.json that a trained and an imported run share.
    """
    return {
        "schema": "paragone-run/1",
        "preset": parts.preset.name,
        "title": parts.preset.title,
        "choices": describe_choices(parts.preset),
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


def read_config(run_dir: Path) -> dict[str, Any] | None:
    """The config of a run folder, None where there is none; CheckpointError when it cannot be read."""
    try:
        return json.loads((run_dir / CONFIG).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{run_dir / CONFIG} cannot be read ({error}).") from error


def save_weights(run_dir: Path, *, embedder: dict[str, Tensor], parts: Parts, epoch: int) -> str:
    """Write the weights file of a run.

    Parameters
    ----------
    run_dir : Path
        Folder of the run.
    embedder : dict of Tensor
        Its state dict; names are AudioToken's.
    parts : Parts
        Whose statistics, and trained networks, are written beside it.
    epoch : int
        The epoch that the weights are of.

    Returns
    -------
    str
        The file's sha256.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in embedder.items()}
    for prefix, state in (("audio_encoder", parts.audio_encoder.state()), ("backbone", parts.backbone.state())):
        tensors |= {f"{prefix}.{name}": tensor.contiguous() for name, tensor in state.items()}
    notes = {"preset": parts.preset.name, "epoch": epoch, "backbone": parts.backbone.notes()}
    text = json.dumps(notes, sort_keys=True, ensure_ascii=False)
    data = save_safetensors(tensors, {METADATA_KEY: text})
    write_durably(run_dir / WEIGHTS, data)
    return hashlib.sha256(data).hexdigest()


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """Read a weights file.

    Parameters
    ----------
    path : Path
        `embedder.safetensors` of a run folder.

    Returns
    -------
    tuple of (dict of Tensor, dict, str)
        Tensors by name, notes (`preset`, `epoch`, `backbone`), and the file's sha256.

    Raises
    ------
    CheckpointError
        When it is missing or is something else.
    """
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with safe_open(path, framework="pt") as file:
            notes = json.loads((file.metadata() or {})[METADATA_KEY])
            return {name: file.get_tensor(name) for name in file.keys()}, notes, sha256  # noqa: SIM118 -- no mapping
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no weights file {path}: the training has not finished.") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is not a weights file of ours ({type(error).__name__}).") from error


def load_checkpoint(run_dir: Path, parts: Parts) -> Checkpoint:
    """Put a run's weights and statistics into its frozen parts.

    Parameters
    ----------
    run_dir : Path
        A folder that `train_run` has finished.
    parts : Parts
        The parts of the run's preset; their statistics are overwritten.

    Returns
    -------
    Checkpoint
        With the embedder in eval mode, frozen.

    Raises
    ------
    CheckpointError
        When the run was trained with another encoder, window or backbone than the parts are, or a file is missing.
    """
    config = read_config(run_dir)
    if config is None:
        raise CheckpointError(f"{run_dir} is no run folder: it holds no {CONFIG}.")
    for part in STATISTICS:
        if difference := first_difference(config[part], getattr(parts, part).describe(), part):
            raise CheckpointError(
                f"{run_dir.name} was trained with other frozen parts: {difference}. Train it again, or restore them."
            )
    tensors, notes, sha256 = read_weights(run_dir / WEIGHTS)
    groups: dict[str, dict[str, Tensor]] = {"": {}, **{prefix: {} for prefix in STATISTICS}}
    for name, tensor in tensors.items():
        prefix, _, rest = name.partition(".")
        key, short = (prefix, rest) if prefix in STATISTICS else ("", name)
        groups[key][short] = tensor
    embedder = make_embedder(parts).eval().requires_grad_(False)
    import_state(embedder, groups[""], source=str(run_dir / WEIGHTS))
    parts.audio_encoder.load_state(groups["audio_encoder"])
    parts.backbone.load_state(groups["backbone"], notes["backbone"])
    return Checkpoint(config=config, parts=parts, embedder=embedder, epoch=notes["epoch"], weights_sha256=sha256)
