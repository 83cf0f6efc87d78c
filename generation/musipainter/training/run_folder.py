"""The folder of a run: config, losses, state, lock and weights."""

import csv
import fcntl
import hashlib
import io
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.comparison import first_difference
from generation.errors import CheckpointError
from generation.files import write_durably
from generation.musipainter import checkpoint
from generation.musipainter.checkpoint import CONFIG, FIGURE, LOG, LOSSES, STATE, WEIGHTS
from generation.musipainter.config import CHANGEABLE
from generation.musipainter.parts import Parts
from generation.musipainter.training.figure import draw_losses
from generation.processes import is_main

TERMS = ("loss", "generator", "class", "l1", "l2")

COLUMNS = ["epoch", "steps", "learning_rate", *(f"{of}_{term}" for of in ("train", "validation") for term in TERMS)]


@dataclass(frozen=True)
class TrainingResult:
    """A finished run.

    Attributes
    ----------
    config : dict
        config.json.
    epoch : int
        Whose weights were kept.
    history : list of dict
        The rows of losses.csv.
    weights_sha256 : str
        Of the weights file.
    resumed_after : int
        The epoch it went on from; 0: from the beginning.
    was_finished : bool
        Whether there was nothing left to do.
    """

    config: dict[str, Any]
    epoch: int
    history: list[dict[str, Any]]
    weights_sha256: str
    resumed_after: int = 0
    was_finished: bool = False


@dataclass
class RunProgress:
    """Where a run stands after a whole epoch."""

    weights: dict[str, Tensor]
    learner: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0


def run_stands(run_dir: Path) -> str:
    """How far the run in a folder is: "absent", "begun" or "finished".

    Parameters
    ----------
    run_dir : Path
        May not be there.

    Returns
    -------
    str
        "absent", "begun" or "finished".
    """
    if not (run_dir / CONFIG).exists():
        return "absent"
    return "finished" if (run_dir / WEIGHTS).exists() and not (run_dir / STATE).exists() else "begun"


def losses_csv(history: Sequence[dict[str, Any]]) -> bytes:
    """losses.csv: one row per epoch, every number as exact as it was computed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue().encode()


def read_losses(data: bytes) -> list[dict[str, Any]]:
    """The rows of losses.csv as numbers."""
    rows = csv.DictReader(io.StringIO(data.decode()))
    return [
        {name: int(value) if name in ("epoch", "steps") else float(value) for name, value in row.items()}
        for row in rows
    ]


@contextmanager
def lock_run(run_dir: Path) -> Iterator[None]:
    """One process per run folder; the system frees the lock when the process ends, however it ends."""
    handle = os.open(run_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise CheckpointError(f"The run {run_dir.name} is being trained by another process.") from error
    finally:
        os.close(handle)


def find_finished(run_dir: Path, config: dict[str, Any]) -> TrainingResult | None:
    if run_stands(run_dir) != "finished":
        return None
    there = checkpoint.read_config(run_dir)
    assert there is not None
    # A finished run stays what it is when libraries or our code move on.
    _refuse_other(run_dir, there, config, ignored=("code", "libraries"))
    _, notes, sha256 = checkpoint.read_weights(run_dir / WEIGHTS)
    history = read_losses((run_dir / LOSSES).read_bytes())
    return TrainingResult(there, notes["epoch"], history, sha256, was_finished=True)


def _refuse_other(run_dir: Path, there: dict[str, Any], here: dict[str, Any], *, ignored: Sequence[str] = ()) -> None:
    def relevant(config: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in deciding_part(config).items() if key not in ignored}

    if difference := first_difference(relevant(there), relevant(here)):
        raise CheckpointError(
            f"The run {run_dir.name} was started with another config: {difference}. "
            "Choose another name for this run, or the same options as then."
        )


def load_state(run_dir: Path, config: dict[str, Any]) -> RunProgress | None:
    path = run_dir / STATE
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        progress = RunProgress(**{item.name: state[item.name] for item in fields(RunProgress)})
    except Exception as error:  # whatever torch raises for a damaged file
        raise CheckpointError(f"{path} is damaged; delete the run folder and train again.") from error
    if state["config_sha256"] != _config_hash(config):
        raise CheckpointError(f"{path} does not belong to the {CONFIG} beside it; delete the run folder, train again.")
    return progress


class RunFiles:
    """Writes of the run folder; the first of several processes does them, the others keep their hands off."""

    def __init__(self, run_dir: Path, config: dict[str, Any]) -> None:
        self.run_dir, self.config = run_dir, config

    def claim(self) -> None:
        """Write config.json, or make sure that the one of a run that has begun to learn is the same."""
        there = checkpoint.read_config(self.run_dir)
        if there is not None and (self.run_dir / STATE).exists():
            _refuse_other(self.run_dir, there, self.config)
        if there != self.config and is_main():
            write_durably(self.run_dir / CONFIG, checkpoint.json_bytes(self.config))

    def save(self, state: RunProgress) -> None:
        """Where the run stands after a whole epoch, and its losses so far."""
        if not is_main():
            return
        buffer = io.BytesIO()
        torch.save({"config_sha256": _config_hash(self.config), **vars(state)}, buffer)
        write_durably(self.run_dir / STATE, buffer.getvalue())
        write_durably(self.run_dir / LOSSES, losses_csv(state.history))
        self.log(self._epoch_line(state))

    def catch_up(self, state: RunProgress) -> None:
        """What is missing where a run was stopped after its state was written and before all that follows it."""
        if not is_main():
            return
        write_durably(self.run_dir / LOSSES, losses_csv(state.history))
        log = self.run_dir / LOG
        if not log.exists() or self._epoch_line(state) not in log.read_text(encoding="utf-8"):
            self.log(self._epoch_line(state))

    def _epoch_line(self, state: RunProgress) -> str:
        row = state.history[-1]
        return (
            f"epoch {row['epoch']}/{self.config['train']['epochs']} train {row['train_loss']:.5f} "
            f"validation {row['validation_loss']:.5f}"
        )

    def finish(
        self, parts: Parts, embedder: dict[str, Tensor], state: RunProgress, resumed_after: int
    ) -> TrainingResult:
        """Write what the run leaves behind; the state goes last, so that a killed ending is done again."""
        sha256 = ""
        if is_main():
            write_durably(self.run_dir / LOSSES, losses_csv(state.history))
            write_durably(self.run_dir / FIGURE, draw_losses(state.history, state.best_epoch, parts.preset.title))
            sha256 = checkpoint.save_weights(self.run_dir, embedder=embedder, parts=parts, epoch=state.best_epoch)
            (self.run_dir / STATE).unlink()
            self.log(f"finished; weights of epoch {state.best_epoch} kept")
        return TrainingResult(self.config, state.best_epoch, state.history, sha256, resumed_after=resumed_after)

    def log(self, line: str) -> None:
        """run.log: clock times and host, which stand nowhere else."""
        if not is_main():
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with (self.run_dir / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{now} {socket.gethostname()} {line}\n")


def deciding_part(config: dict[str, Any]) -> dict[str, Any]:
    """The config without what changes no weight.

    Parameters
    ----------
    config : dict
        config.json, or some of its entries.

    Returns
    -------
    dict
        A copy without `config.CHANGEABLE`.
    """
    deciding = {key: value for key, value in config.items() if key != "title"}
    if large := config.get("train", {}).get("large"):
        kept = {name: value for name, value in large.items() if name not in CHANGEABLE}
        deciding["train"] = config["train"] | {"large": kept}
    return deciding


def _config_hash(config: dict[str, Any]) -> str:
    return hashlib.sha256(checkpoint.json_bytes(deciding_part(config))).hexdigest()
