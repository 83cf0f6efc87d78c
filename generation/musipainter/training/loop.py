"""Training: one loop for every preset, which can be killed at any instant and ends in the same bytes.

An epoch is the unit of work. All its draws come from generators seeded by (seed, epoch), and after it everything
that the next epoch needs goes into one file, written whole or not at all. So a run that is started again goes on
after its last whole epoch exactly as if nothing had happened.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from generation.errors import CheckpointError
from generation.files import sweep_temporary
from generation.musipainter.backbones import LossTerms
from generation.musipainter.checkpoint import describe_parts
from generation.musipainter.config import TrainConfig, to_json
from generation.musipainter.data import FeatureCache, Pair, TrainingData, draw_partners, epoch_clips
from generation.musipainter.parts import Parts
from generation.musipainter.training import run_folder
from generation.musipainter.training.learner import EmbedderLearner, Learner, new_embedder
from generation.networks import single_thread
from generation.processes import is_main
from generation.progress import Progress, quietly
from generation.seeds import derive_seed


def describe_run(*, parts: Parts, data: TrainingData, train: TrainConfig, about: dict[str, Any]) -> dict[str, Any]:
    """config.json: everything that decides a run. `about`: name and manifest hash of the dataset, as JSON."""
    return {
        **describe_parts(parts, new_embedder(parts, train.seed)),
        "dataset": about,
        "data": {
            "sha256": data.sha256(),
            "categories": data.labels,
            "clips": len(data.clips),
            "artworks": len(data.artworks),
            "validation_pairs": len(data.validation),
        },
        "trained": list(parts.preset.trained),
        "train": to_json(train),
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
) -> run_folder.TrainingResult:
    """Train in a folder, or go on where the run in it stopped; a finished run is left as it is.

    Parameters
    ----------
    run_dir : Path
        Made where it is not there.
    parts : Parts
        The frozen parts, loaded.
    data : TrainingData
        In any order.
    train : TrainConfig
        The recipe.
    about : dict
        Name and manifest hash of the dataset, as JSON.
    cache : FeatureCache
        Of frozen features.
    progress : Progress
        Shows epochs.
    watch : callable
        Is shown each epoch's row of losses.csv; when a run goes on, that of its last whole epoch once more.

    Returns
    -------
    TrainingResult
        Several processes (see `processes`) train together; the first of them writes the files.

    Raises
    ------
    CheckpointError
        When the folder holds a run with another config.
    DatasetError, AudioError, ImageError
        When the data cannot be used. What was trained until then stays.
    """
    if run_dir.exists() and not run_dir.is_dir():
        raise CheckpointError(f"{run_dir} is a file: move it away, or choose another name for the run.")
    run_dir.mkdir(parents=True, exist_ok=True)
    data = data.in_order()
    with run_folder.lock_run(run_dir) if is_main() else nullcontext():
        if is_main():
            sweep_temporary(run_dir)
        config = describe_run(parts=parts, data=data, train=train, about=about)
        if finished := run_folder.find_finished(run_dir, config):
            return finished
        files = run_folder.RunFiles(run_dir, config)
        files.claim()
        with single_thread(), torch.random.fork_rng(devices=[]):
            # Read before the processes meet in the learner: after that, the first one may already end the run.
            state = run_folder.load_state(run_dir, config)
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
        sums = dict.fromkeys(run_folder.TERMS, 0.0)
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
        sums = dict.fromkeys(run_folder.TERMS, 0.0)
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

    def snapshot(self, before: run_folder.RunProgress | None, row: dict[str, Any]) -> run_folder.RunProgress:
        """Where the run stands after this epoch; the best epoch has the lowest validation, then train loss."""
        history = [*(before.history if before else []), row]
        best_row = find_best(history)
        return run_folder.RunProgress(
            weights=self.learner.weights(),
            learner=self.learner.state(),
            history=history,
            best=self.learner.kept_weights() if before is None or best_row is row else before.best,
            best_epoch=best_row["epoch"],
        )

    def restore(self, state: run_folder.RunProgress) -> int:
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


def _cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _add(sums: dict[str, float], terms: LossTerms, share: float) -> None:
    values = (terms.total, terms.generator, terms.class_, terms.l1, terms.l2)
    for name, value in zip(run_folder.TERMS, values, strict=True):
        sums[name] += float(value.detach()) * share
