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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.comparison import first_difference
from generation.durable import sweep_temporary, write_durably
from generation.errors import CheckpointError
from generation.musipainter.audio_encoder import hear_all
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
from generation.musipainter.config import TrainConfig, to_json
from generation.musipainter.data import FeatureCache, Pair, TrainingData, draw_partners, epoch_clips
from generation.musipainter.embedder import Embedder
from generation.musipainter.figures import draw_losses
from generation.musipainter.losses import LossTerms
from generation.musipainter.presets import Parts
from generation.musipainter.versions import code_version, library_versions
from generation.networks.threads import single_thread
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

    embedder: dict[str, Tensor]
    optimizer: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0


def describe_run(*, parts: Parts, data: TrainingData, train: TrainConfig, about: dict[str, Any]) -> dict[str, Any]:
    """config.json: everything that decides a run. `about`: name and manifest hash of the dataset, as JSON."""
    preset = parts.preset
    return {
        "schema": "paragone-run/1",
        "preset": preset.name,
        "title": preset.title,
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
            "in_dim": preset.in_dim,
            "out_dim": preset.out_dim,
            "parameters": sum(tensor.numel() for tensor in _new_embedder(parts, train.seed).parameters()),
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
) -> TrainingResult:
    """Train in `run_dir`, or go on where the run in it stopped; a finished run is left as it is.

    Raises CheckpointError when the folder holds a run with another config, DatasetError, AudioError or ImageError
    when the data cannot be used. What was trained until then stays.
    """
    if parts.preset.trained != ("embedder",):
        raise CheckpointError(
            f"The preset {parts.preset.name} trains {' and '.join(parts.preset.trained)}; "
            "this version trains the embedder only."
        )
    run_dir.mkdir(parents=True, exist_ok=True)
    with _lock(run_dir):
        sweep_temporary(run_dir)
        config = describe_run(parts=parts, data=data, train=train, about=about)
        if finished := _find_finished(run_dir, config):
            return finished
        _claim(run_dir, config)
        log = _RunLog(run_dir / LOG)
        with single_thread(), torch.random.fork_rng(devices=[]):
            run = _Run(parts=parts, data=data, train=train, cache=cache, progress=progress)
            state = _load_state(run_dir, config)
            resumed_after = run.restore(state) if state else 0
            log.write(f"resumed after epoch {resumed_after}" if resumed_after else "started")
            for epoch in progress(range(resumed_after + 1, train.epochs + 1), "Training epochs"):
                row = run.train_epoch(epoch)
                state = run.snapshot(state, row)
                _save_state(run_dir, config, state)
                write_durably(run_dir / LOSSES, losses_csv(state.history))
                log.write(
                    f"epoch {epoch}/{train.epochs} train {row['train_loss']:.5f} "
                    f"validation {row['validation_loss']:.5f}"
                )
        assert state is not None
        result = _finish(run_dir, config, parts, state, resumed_after)
        log.write(f"finished; weights of epoch {result.epoch} kept")
        return result


def run_stands(run_dir: Path) -> str:
    """How far the run in a folder is: "absent", "begun" or "finished"."""
    if not (run_dir / CONFIG).exists():
        return "absent"
    return "finished" if (run_dir / WEIGHTS).exists() and not (run_dir / STATE).exists() else "begun"


class _Run:
    """Networks, data and optimizer of a run while it trains."""

    def __init__(
        self, *, parts: Parts, data: TrainingData, train: TrainConfig, cache: FeatureCache, progress: Progress
    ) -> None:
        self.data, self.train, self.encoder, self.backbone = data, train, parts.audio_encoder, parts.backbone
        heard = list({clip.sha256: clip for clip in [*data.clips, *(pair.clip for pair in data.validation)]}.values())
        listening = progress(hear_all(self.encoder, heard, cache), "Listening to clips", total=len(heard))
        raw = {clip.sha256: features for clip, features in zip(heard, listening, strict=True)}
        # Sorted, because a mean over the same numbers in another order is another number.
        self.encoder.fit([raw[sha256] for sha256 in sorted({clip.sha256 for clip in data.clips})])
        self.features = {sha256: self.encoder.condition(features) for sha256, features in raw.items()}
        self.clips = sorted(data.clips, key=lambda clip: (clip.label, clip.sha256))
        self.artworks = sorted(data.artworks, key=lambda artwork: (artwork.label, artwork.sha256))
        self.validation = sorted(data.validation, key=lambda pair: (pair.clip.label, pair.clip.sha256))
        self.backbone.fit(self.artworks, [pair.artwork for pair in self.validation], cache)
        self.embedder = _new_embedder(parts, train.seed)
        self.optimizer = torch.optim.AdamW(
            self.embedder.parameters(),
            lr=train.learning_rate,
            betas=train.betas,
            eps=train.eps,
            weight_decay=train.weight_decay,
        )
        clips_per_step = train.batch_size * train.accumulation
        self.steps_per_epoch = train.steps_per_epoch or math.ceil(len(self.clips) / clips_per_step)
        self.clips_per_epoch = train.steps_per_epoch and train.steps_per_epoch * clips_per_step

    def train_epoch(self, epoch: int) -> dict[str, Any]:
        """One epoch and its validation; returns its row of losses.csv."""
        seed = derive_seed("epoch", self.train.seed, epoch)
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout
        self.embedder.train()
        clips = epoch_clips(self.clips, self.clips_per_epoch, generator)
        partners = draw_partners(clips, self.artworks, generator)
        pairs = [Pair(clip, partner) for clip, partner in zip(clips, partners, strict=True)]
        sums = dict.fromkeys(TERMS, 0.0)
        rate = self.train.learning_rate
        for position, step_pairs in enumerate(_cut(pairs, self.train.batch_size * self.train.accumulation)):
            step = (epoch - 1) * self.steps_per_epoch + position
            rate = learning_rate(self.train, step, self.train.epochs * self.steps_per_epoch)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self.optimizer.zero_grad()
            for batch in _cut(step_pairs, self.train.batch_size):
                terms = self._loss(batch, generator, training=True)
                share = len(batch) / len(step_pairs)
                (terms.total * share).backward()
                _add(sums, terms, len(batch) / len(pairs))
            if not math.isfinite(sums["loss"]):
                raise CheckpointError(
                    f"The loss is no finite number in step {position + 1} of epoch {epoch}; lower the learning rate. "
                    f"The run stays as it was after epoch {epoch - 1}."
                )
            self.optimizer.step()
        return {
            "epoch": epoch,
            "steps": epoch * self.steps_per_epoch,
            "learning_rate": rate,
            **{f"train_{term}": value for term, value in sums.items()},
            **{f"validation_{term}": value for term, value in self.validate().items()},
        }

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Mean losses over the fixed validation pairs, with the same noise every time."""
        self.embedder.eval()
        generator = torch.Generator().manual_seed(derive_seed("validation", self.train.seed))
        sums = dict.fromkeys(TERMS, 0.0)
        for batch in _cut(self.validation, self.train.validation_batch_size):
            _add(sums, self._loss(batch, generator, training=False), len(batch) / len(self.validation))
        return sums

    def _loss(self, pairs: Sequence[Pair], generator: torch.Generator, *, training: bool) -> LossTerms:
        features = [self.features[pair.clip.sha256] for pair in pairs]
        if training:
            features = [self._vary(tokens, generator) for tokens in features]
        if training and len({len(tokens) for tokens in features}) == 1:
            e_audio = self.embedder(torch.stack(features))
        else:
            e_audio = torch.cat([self.embedder(tokens.unsqueeze(0)) for tokens in features])
        return self.backbone.training_loss(
            e_audio,
            [pair.artwork for pair in pairs],
            [pair.clip.label for pair in pairs],
            config=self.train.loss,
            generator=generator,
        )

    def _vary(self, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """Some of a clip's tokens, some of its channels silenced."""
        if self.train.tokens_per_clip:
            # A clip with fewer tokens than asked for gives some of them twice.
            order = [torch.randperm(len(tokens), generator=generator)]
            while sum(map(len, order)) < self.train.tokens_per_clip:
                order.append(torch.randperm(len(tokens), generator=generator))
            tokens = tokens[torch.cat(order)[: self.train.tokens_per_clip]]
        if share := self.train.feature_dropout:
            kept = torch.rand(tokens.shape[1], generator=generator) >= share
            tokens = tokens * kept / (1 - share)
        return tokens

    def snapshot(self, before: _Progress | None, row: dict[str, Any]) -> _Progress:
        """Where the run stands after this epoch; the best epoch has the lowest validation, then train loss."""
        embedder = {name: tensor.detach().clone() for name, tensor in self.embedder.state_dict().items()}
        history = [*(before.history if before else []), row]
        best_row = min(history, key=lambda row: (row["validation_loss"], row["train_loss"]))
        improved = before is None or best_row is row
        return _Progress(
            embedder=embedder,
            optimizer=self.optimizer.state_dict(),
            history=history,
            best=embedder if before is None or improved else before.best,
            best_epoch=best_row["epoch"],
        )

    def restore(self, state: _Progress) -> int:
        """Go on from there; returns the last whole epoch."""
        self.embedder.load_state_dict(state.embedder)
        self.optimizer.load_state_dict(state.optimizer)
        return state.history[-1]["epoch"]


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


def _new_embedder(parts: Parts, seed: int) -> Embedder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("embedder", seed))
        return Embedder(parts.preset.in_dim, parts.preset.out_dim)


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
    _refuse_other(run_dir, there, config, ignored=("code", "libraries", "title"))
    _, notes, sha256 = read_weights(run_dir / WEIGHTS)
    history = read_losses((run_dir / LOSSES).read_bytes())
    return TrainingResult(there, notes["epoch"], history, sha256, was_finished=True)


def _claim(run_dir: Path, config: dict[str, Any]) -> None:
    """Write config.json, or make sure that the one of a run that has begun to learn is the same."""
    there = read_config(run_dir)
    if there is not None and (run_dir / STATE).exists():
        _refuse_other(run_dir, there, config, ignored=("title",))
    elif there != config:
        write_durably(run_dir / CONFIG, json_bytes(config))


def _refuse_other(run_dir: Path, there: dict[str, Any], here: dict[str, Any], *, ignored: Sequence[str]) -> None:
    def relevant(config: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in config.items() if key not in ignored}

    if difference := first_difference(relevant(there), relevant(here)):
        raise CheckpointError(
            f"The run {run_dir.name} was started with another config: {difference}. "
            "Choose another name for this run, or the same options as then."
        )


def _save_state(run_dir: Path, config: dict[str, Any], state: _Progress) -> None:
    buffer = io.BytesIO()
    torch.save(
        {
            "config_sha256": hashlib.sha256(json_bytes(config)).hexdigest(),
            "embedder": state.embedder,
            "optimizer": state.optimizer,
            "history": state.history,
            "best": state.best,
            "best_epoch": state.best_epoch,
        },
        buffer,
    )
    write_durably(run_dir / STATE, buffer.getvalue())


def _load_state(run_dir: Path, config: dict[str, Any]) -> _Progress | None:
    path = run_dir / STATE
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True)
        progress = _Progress(**{key: state[key] for key in ("embedder", "optimizer", "history", "best", "best_epoch")})
    except Exception as error:  # whatever torch raises for a damaged file
        raise CheckpointError(f"{path} is damaged; delete the run folder and train again.") from error
    if state["config_sha256"] != hashlib.sha256(json_bytes(config)).hexdigest():
        raise CheckpointError(f"{path} does not belong to the {CONFIG} beside it; delete the run folder, train again.")
    return progress


def _finish(
    run_dir: Path, config: dict[str, Any], parts: Parts, state: _Progress, resumed_after: int
) -> TrainingResult:
    """Write what the run leaves behind; the state goes last, so that a killed ending is done again."""
    write_durably(run_dir / LOSSES, losses_csv(state.history))
    write_durably(run_dir / FIGURE, draw_losses(state.history, state.best_epoch, parts.preset.title))
    sha256 = save_weights(run_dir, embedder=state.best, parts=parts, epoch=state.best_epoch)
    (run_dir / STATE).unlink()
    return TrainingResult(config, state.best_epoch, state.history, sha256, resumed_after=resumed_after)


class _RunLog:
    """run.log: clock times and host, which stand nowhere else."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, line: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{now} {socket.gethostname()} {line}\n")
