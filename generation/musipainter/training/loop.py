"""Training: one loop for every preset, which can be killed at any instant and ends in the same bytes.

An epoch is the unit of work. All its draws come from generators seeded by (seed, epoch), and after it everything
that the next epoch needs goes into one file, written whole or not at all. So a run that is started again goes on
after its last whole epoch exactly as if nothing had happened.
"""

import csv
import fcntl
import hashlib
import io
import math
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.comparison import first_difference
from generation.errors import CheckpointError
from generation.files.durable import sweep_temporary, write_durably
from generation.musipainter.backbones.losses import LossTerms
from generation.musipainter.checkpoint import (
    CONFIG,
    FIGURE,
    LOG,
    LOSSES,
    STATE,
    WEIGHTS,
    json_bytes,
    read_config,
    read_weights,
    save_weights,
)
from generation.musipainter.config import CHANGEABLE, TrainConfig, to_json
from generation.musipainter.data import FeatureCache, Pair, TrainingData, draw_partners, epoch_clips
from generation.musipainter.presets import Parts, describe_choices
from generation.musipainter.training.figure import draw_losses
from generation.musipainter.training.learner import EmbedderLearner, Learner, new_embedder
from generation.musipainter.versions import code_version, library_versions
from generation.networks.threads import single_thread
from generation.processes import is_main
from generation.progress import Progress, quietly
from generation.seeds import derive_seed

TERMS = ("loss", "generator", "class", "l1", "l2")
COLUMNS = [
    "epoch",
    "steps",
    "learning_rate",
    *(f"train_{term}" for term in TERMS),
    *(f"validation_{term}" for term in TERMS),
]


@dataclass(frozen=True)
class TrainingResult:
    """A finished run. `resumed_after`: the epoch it went on from; `was_finished`: there was nothing left to do."""

    config: dict[str, Any]
    epoch: int
    history: list[dict[str, Any]]
    weights_sha256: str
    resumed_after: int = 0
    was_finished: bool = False


@dataclass
class _Progress:
    """Where a run stands after a whole epoch."""

    weights: dict[str, Tensor]
    learner: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0


def describe_run(*, parts: Parts, data: TrainingData, train: TrainConfig, about: dict[str, Any]) -> dict[str, Any]:
    """config.json: everything that decides a run. `about`: name and manifest hash of the dataset, as JSON."""
    preset = parts.preset
    embedder = new_embedder(parts, train.seed)
    return {
        "schema": "paragone-run/1",
        "preset": preset.name,
        "title": preset.title,
        "choices": describe_choices(preset),
        "dataset": about,
        "data": {
            "sha256": data.sha256(),
            "categories": data.labels,
            "clips": len(data.clips),
            "artworks": len(data.artworks),
            "validation_pairs": len(data.validation),
        },
        "audio_encoder": parts.audio_encoder.describe(),
        "backbone": parts.backbone.describe(),
        "embedder": {
            "in_dim": embedder.in_dim,
            "out_dim": embedder.out_dim,
            "parameters": sum(tensor.numel() for tensor in embedder.parameters()),
        },
        "trained": list(preset.trained),
        "train": to_json(train),
        "code": code_version(),
        "libraries": library_versions(),
    }


def train_run(
    run_dir: Path,
    *,
    parts: Parts,
    data: TrainingData,
    train: TrainConfig,
    about: dict[str, Any],
    cache: FeatureCache,
    progress: Progress = quietly,
    watch: Callable[[dict[str, Any]], None] = lambda row: None,
) -> TrainingResult:
    """Train in `run_dir`, or go on where the run in it stopped; a finished run is left as it is.

    Several processes (see `processes`) train together; the first of them writes the files.
    watch: is shown each epoch's row of losses.csv; when a run goes on, that of its last whole epoch once more.
    Raises CheckpointError when the folder holds a run with another config, DatasetError, AudioError or ImageError
    when the data cannot be used. What was trained until then stays.
    """
    if run_dir.exists() and not run_dir.is_dir():
        raise CheckpointError(f"{run_dir} is a file: move it away, or choose another name for the run.")
    run_dir.mkdir(parents=True, exist_ok=True)
    data = data.in_order()
    with _lock(run_dir) if is_main() else nullcontext():
        if is_main():
            sweep_temporary(run_dir)
        config = describe_run(parts=parts, data=data, train=train, about=about)
        if finished := _find_finished(run_dir, config):
            return finished
        files = _RunFiles(run_dir, config)
        files.claim()
        with single_thread(), torch.random.fork_rng(devices=[]):
            # Read before the processes meet in the learner: after that, the first one may already end the run.
            state = _load_state(run_dir, config)
            learner = open_learner(parts=parts, data=data, train=train, cache=cache, progress=progress)
            run = _Run(learner=learner, data=data, train=train, progress=progress)
            resumed_after = 0
            if state:
                resumed_after = run.restore(state)
                files.catch_up(state)
                watch(state.history[-1])
                learner.show(run_dir, resumed_after, again=False)
            files.log(f"resumed after epoch {resumed_after}" if resumed_after else "started")
            for epoch in progress(range(resumed_after + 1, train.epochs + 1), "Training epochs"):
                if state and has_stalled(train, state.history):
                    break
                row = run.train_epoch(epoch)
                state = run.snapshot(state, row)
                files.save(state)
                watch(row)
                learner.show(run_dir, epoch)
            assert state is not None
            result = files.finish(parts, learner.install(state.best), state, resumed_after)
            learner.close()
        return result


def run_stands(run_dir: Path) -> str:
    """How far the run in a folder is: "absent", "begun" or "finished"."""
    if not (run_dir / CONFIG).exists():
        return "absent"
    return "finished" if (run_dir / WEIGHTS).exists() and not (run_dir / STATE).exists() else "begun"


class _Run:
    """The data of a run, and the order in which a learner is given them."""

    def __init__(self, *, learner: Learner, data: TrainingData, train: TrainConfig, progress: Progress) -> None:
        self.learner, self.train, self.progress = learner, train, progress
        self.clips, self.artworks, self.validation = data.clips, data.artworks, data.validation
        clips_per_step = train.batch_size * train.accumulation
        self.steps_per_epoch = train.steps_per_epoch or math.ceil(len(self.clips) / clips_per_step)
        self.clips_per_epoch = train.steps_per_epoch and train.steps_per_epoch * clips_per_step

    def train_epoch(self, epoch: int) -> dict[str, Any]:
        """One epoch and its validation; returns its row of losses.csv."""
        seed = derive_seed("epoch", self.train.seed, epoch)
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout
        clips = epoch_clips(self.clips, self.clips_per_epoch, generator)
        partners = draw_partners(clips, self.artworks, generator)
        pairs = [Pair(clip, partner) for clip, partner in zip(clips, partners, strict=True)]
        steps = [
            list(_cut(step_pairs, self.train.batch_size))
            for step_pairs in _cut(pairs, self.train.batch_size * self.train.accumulation)
        ]
        self.learner.expect([batch for step in steps for batch in step], generator, training=True)
        sums = dict.fromkeys(TERMS, 0.0)
        rate = self.train.learning_rate
        for position, batches in enumerate(self._showing(steps, f"Epoch {epoch}")):
            step = (epoch - 1) * self.steps_per_epoch + position
            rate = learning_rate(self.train, step, self.train.epochs * self.steps_per_epoch)
            self.learner.begin_step(rate)
            in_step = sum(map(len, batches))
            for batch in batches:
                terms = self.learner.loss(batch, generator, training=True)
                assert terms is not None
                self.learner.learn(terms, len(batch) / in_step)
                _add(sums, terms, len(batch) / len(pairs))
            if not math.isfinite(sums["loss"]):
                raise CheckpointError(
                    f"The loss is no finite number in step {position + 1} of epoch {epoch}; lower the learning rate. "
                    f"The run stays as it was after epoch {epoch - 1}."
                )
            self.learner.end_step()
        validation = self.validate()
        if not math.isfinite(validation["loss"]):
            raise CheckpointError(
                f"The validation loss is no finite number after epoch {epoch}; lower the learning rate, or look for a "
                f"validation clip or artwork that is damaged. The run stays as it was after epoch {epoch - 1}."
            )
        return {
            "epoch": epoch,
            "steps": epoch * self.steps_per_epoch,
            "learning_rate": rate,
            **{f"train_{term}": value for term, value in sums.items()},
            **{f"validation_{term}": value for term, value in validation.items()},
        }

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Mean losses over the fixed validation pairs, with the same noise every time."""
        generator = torch.Generator().manual_seed(derive_seed("validation", self.train.seed))
        sums = dict.fromkeys(TERMS, 0.0)
        batches = list(_cut(self.validation, self.train.validation_batch_size))
        self.learner.expect(batches, generator, training=False)
        for batch in self._showing(batches, "Validating"):
            terms = self.learner.loss(batch, generator, training=False)
            if terms is not None:
                _add(sums, terms, len(batch) / len(self.validation))
        return self.learner.add_up(sums)

    def _showing(self, items: Sequence[Any], what: str) -> Iterable[Any]:
        """A bar of its own for what takes minutes; small networks take seconds for a whole epoch."""
        return self.progress(items, what) if self.train.large else items

    def snapshot(self, before: _Progress | None, row: dict[str, Any]) -> _Progress:
        """Where the run stands after this epoch; the best epoch has the lowest validation, then train loss."""
        history = [*(before.history if before else []), row]
        best_row = find_best(history)
        return _Progress(
            weights=self.learner.weights(),
            learner=self.learner.state(),
            history=history,
            best=self.learner.kept_weights() if before is None or best_row is row else before.best,
            best_epoch=best_row["epoch"],
        )

    def restore(self, state: _Progress) -> int:
        """Go on from there; returns the last whole epoch."""
        self.learner.restore(state.weights, state.learner)
        return state.history[-1]["epoch"]


def open_learner(
    *, parts: Parts, data: TrainingData, train: TrainConfig, cache: FeatureCache, progress: Progress
) -> Learner:
    """The learner that fits the size of the networks."""
    if train.large is None:
        return EmbedderLearner(parts=parts, data=data, train=train, cache=cache, progress=progress)
    from generation.musipainter.training.large_learner import LargeLearner  # noqa: PLC0415 -- slow import

    return LargeLearner(parts=parts, data=data, train=train, config=train.large)


def find_best(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The epoch with the lowest validation loss; among equals the one with the lowest train loss."""
    return min(history, key=lambda row: (row["validation_loss"], row["train_loss"]))


def has_stalled(train: TrainConfig, history: Sequence[dict[str, Any]]) -> bool:
    """Whether the validation loss has not fallen for as many epochs as the run is told to wait."""
    patience = train.large.patience if train.large else None
    if patience is None or not history:
        return False
    return history[-1]["epoch"] - find_best(history)["epoch"] >= patience


def learning_rate(train: TrainConfig, step: int, steps: int) -> float:
    """Learning rate of a step (counted from 0): constant, or half a cosine from its initial value down to 0."""
    if train.schedule == "constant":
        return train.learning_rate
    return train.learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))


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


def _cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _add(sums: dict[str, float], terms: LossTerms, share: float) -> None:
    values = (terms.total, terms.generator, terms.class_, terms.l1, terms.l2)
    for name, value in zip(TERMS, values, strict=True):
        sums[name] += float(value.detach()) * share


# The run folder


@contextmanager
def _lock(run_dir: Path) -> Iterator[None]:
    """One process per run folder; the system frees the lock when the process ends, however it ends."""
    handle = os.open(run_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise CheckpointError(f"The run {run_dir.name} is being trained by another process.") from error
    finally:
        os.close(handle)


def _find_finished(run_dir: Path, config: dict[str, Any]) -> TrainingResult | None:
    if run_stands(run_dir) != "finished":
        return None
    there = read_config(run_dir)
    assert there is not None
    # A finished run stays what it is when libraries or our code move on.
    _refuse_other(run_dir, there, config, ignored=("code", "libraries"))
    _, notes, sha256 = read_weights(run_dir / WEIGHTS)
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


def _load_state(run_dir: Path, config: dict[str, Any]) -> _Progress | None:
    path = run_dir / STATE
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        progress = _Progress(**{item.name: state[item.name] for item in fields(_Progress)})
    except Exception as error:  # whatever torch raises for a damaged file
        raise CheckpointError(f"{path} is damaged; delete the run folder and train again.") from error
    if state["config_sha256"] != _config_hash(config):
        raise CheckpointError(f"{path} does not belong to the {CONFIG} beside it; delete the run folder, train again.")
    return progress


class _RunFiles:
    """Writes of the run folder; the first of several processes does them, the others keep their hands off."""

    def __init__(self, run_dir: Path, config: dict[str, Any]) -> None:
        self.run_dir, self.config = run_dir, config

    def claim(self) -> None:
        """Write config.json, or make sure that the one of a run that has begun to learn is the same."""
        there = read_config(self.run_dir)
        if there is not None and (self.run_dir / STATE).exists():
            _refuse_other(self.run_dir, there, self.config)
        if there != self.config and is_main():
            write_durably(self.run_dir / CONFIG, json_bytes(self.config))

    def save(self, state: _Progress) -> None:
        """Where the run stands after a whole epoch, and its losses so far."""
        if not is_main():
            return
        buffer = io.BytesIO()
        torch.save({"config_sha256": _config_hash(self.config), **_as_dict(state)}, buffer)
        write_durably(self.run_dir / STATE, buffer.getvalue())
        write_durably(self.run_dir / LOSSES, losses_csv(state.history))
        self.log(self._epoch_line(state))

    def catch_up(self, state: _Progress) -> None:
        """What is missing where a run was stopped after its state was written and before all that follows it."""
        if not is_main():
            return
        write_durably(self.run_dir / LOSSES, losses_csv(state.history))
        log = self.run_dir / LOG
        if not log.exists() or self._epoch_line(state) not in log.read_text(encoding="utf-8"):
            self.log(self._epoch_line(state))

    def _epoch_line(self, state: _Progress) -> str:
        row = state.history[-1]
        return (
            f"epoch {row['epoch']}/{self.config['train']['epochs']} train {row['train_loss']:.5f} "
            f"validation {row['validation_loss']:.5f}"
        )

    def finish(self, parts: Parts, embedder: dict[str, Tensor], state: _Progress, resumed_after: int) -> TrainingResult:
        """Write what the run leaves behind; the state goes last, so that a killed ending is done again."""
        sha256 = ""
        if is_main():
            write_durably(self.run_dir / LOSSES, losses_csv(state.history))
            write_durably(self.run_dir / FIGURE, draw_losses(state.history, state.best_epoch, parts.preset.title))
            sha256 = save_weights(self.run_dir, embedder=embedder, parts=parts, epoch=state.best_epoch)
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


def _as_dict(state: _Progress) -> dict[str, Any]:
    return {item.name: getattr(state, item.name) for item in fields(state)}


def deciding_part(config: dict[str, Any]) -> dict[str, Any]:
    """The config without what changes no weight."""
    deciding = {key: value for key, value in config.items() if key != "title"}
    if large := config.get("train", {}).get("large"):
        kept = {name: value for name, value in large.items() if name not in CHANGEABLE}
        deciding["train"] = config["train"] | {"large": kept}
    return deciding


def _config_hash(config: dict[str, Any]) -> str:
    return hashlib.sha256(json_bytes(deciding_part(config))).hexdigest()
