"""What learns inside the training loop: networks, optimizer and the inputs that they need.

The loop (`train`) decides which pairs form which step, when a checkpoint is written and which epoch is kept. A learner
turns a batch of pairs into losses and losses into updates. `EmbedderLearner` serves small networks, whose features fit
into memory; `large_learner.LargeLearner` serves BEATs and Stable Diffusion on one or many GPUs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from generation.musipainter.audio_encoders import hear_all
from generation.musipainter.backbones import LossTerms
from generation.musipainter.config import TrainConfig
from generation.musipainter.data import FeatureCache, Pair, TrainingData
from generation.musipainter.devices import explained_memory
from generation.musipainter.embedder import Embedder
from generation.musipainter.parts import Parts, make_embedder
from generation.progress import Progress
from generation.seeds import derive_seed

OUT_OF_MEMORY = "start another run with a smaller --batch-size, or end other programs and start this one again"


class Learner(Protocol):
    """The networks of a run while they learn."""

    optimizer: Any  # torch's AdamW, or what accelerate makes of it

    def expect(self, batches: Sequence[Sequence[Pair]], generator: torch.Generator, *, training: bool) -> None:
        """Hear which batches `loss` will be asked for, in this order: all of an epoch, or of a validation."""

    def loss(self, batch: Sequence[Pair], generator: torch.Generator, *, training: bool) -> LossTerms | None:
        """The loss of the next batch; None where another process works it out."""

    def begin_step(self, rate: float) -> None:
        """Forget old gradients; updates will use this learning rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()

    def learn(self, terms: LossTerms, share: float) -> None:
        """Add the gradients of the loss just given, as this share of its step."""

    def end_step(self) -> None:
        """Update the weights."""

    def add_up(self, sums: dict[str, float]) -> dict[str, float]:
        """Sums of validation losses over all processes."""
        return sums

    def weights(self) -> dict[str, Tensor]:
        """Copies of all that is trained."""

    def kept_weights(self) -> dict[str, Tensor]:
        """Copies of what an epoch is judged by and remembered for: `weights`, or their running mean."""

    def state(self) -> dict[str, Any]:
        """What the optimizer and its helpers remember."""

    def restore(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go on from there."""

    def install(self, kept: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put kept weights into the parts they belong to; returns those of the embedder."""

    def show(self, run_dir: Path, epoch: int, *, again: bool = True) -> None:
        """Leave something to look at after an epoch. again: also where it is there already."""

    def close(self) -> None:
        """Wait until all processes are here, and let go of each other."""


class EmbedderLearner(Learner):
    """The embedder alone, on features that were worked out once."""

    def __init__(
        self, *, parts: Parts, data: TrainingData, train: TrainConfig, cache: FeatureCache, progress: Progress
    ) -> None:
        self.train, self.encoder, self.backbone = train, parts.audio_encoder, parts.backbone
        heard = list({clip.sha256: clip for clip in [*data.clips, *(pair.clip for pair in data.validation)]}.values())
        listening = progress(hear_all(self.encoder, heard, cache), "Listening to clips", total=len(heard))
        raw = {clip.sha256: features for clip, features in zip(heard, listening, strict=True)}
        # Sorted, because a mean over the same numbers in another order is another number.
        self.encoder.fit([raw[sha256] for sha256 in sorted({clip.sha256 for clip in data.clips})])
        self.features = {sha256: self.encoder.condition(features) for sha256, features in raw.items()}
        self.backbone.fit(data.artworks, [pair.artwork for pair in data.validation], cache)
        self.embedder = new_embedder(parts, train.seed)
        self.optimizer = make_optimizer(self.embedder.parameters(), train)

    def expect(self, batches: Sequence[Sequence[Pair]], generator: torch.Generator, *, training: bool) -> None:
        self.embedder.train(training)

    def loss(self, batch: Sequence[Pair], generator: torch.Generator, *, training: bool) -> LossTerms:
        with explained_memory(f"learning from {len(batch)} clips at once", OUT_OF_MEMORY):
            e_audio = self._tokens([self.features[pair.clip.sha256] for pair in batch], generator, training=training)
            return self.backbone.training_loss(
                e_audio,
                [pair.artwork for pair in batch],
                [pair.clip.label for pair in batch],
                config=self.train.loss,
                generator=generator,
            )

    def _tokens(self, features: Sequence[Tensor], generator: torch.Generator, *, training: bool) -> Tensor:
        """e_audio (B, d) of clips that may differ in length."""
        if training:
            features = [self._vary(tokens, generator) for tokens in features]
            if len({len(tokens) for tokens in features}) == 1:
                return self.embedder(torch.stack(list(features)))
        return torch.cat([self.embedder(tokens.unsqueeze(0)) for tokens in features])

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

    def learn(self, terms: LossTerms, share: float) -> None:
        with explained_memory("working out gradients", OUT_OF_MEMORY):
            (terms.total * share).backward()

    def end_step(self) -> None:
        self.optimizer.step()

    def weights(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.embedder.state_dict().items()}

    def kept_weights(self) -> dict[str, Tensor]:
        return self.weights()

    def state(self) -> dict[str, Any]:
        return self.optimizer.state_dict()

    def restore(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        self.embedder.load_state_dict(weights)
        self.optimizer.load_state_dict(state)

    def install(self, kept: dict[str, Tensor]) -> dict[str, Tensor]:
        return kept

    def show(self, run_dir: Path, epoch: int, *, again: bool = True) -> None:
        """Nothing: images of small backbones are made in seconds when they are wanted."""

    def close(self) -> None:
        """There is one process."""


def new_embedder(parts: Parts, seed: int) -> Embedder:
    """The untrained embedder between two parts; equal seeds, equal weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("embedder", seed))
        return make_embedder(parts)


def make_optimizer(parameters: Any, train: TrainConfig) -> torch.optim.AdamW:
    """AdamW over the parameters, as the run's config says."""
    return torch.optim.AdamW(
        parameters, lr=train.learning_rate, betas=train.betas, eps=train.eps, weight_decay=train.weight_decay
    )
