"""`LargeLearner`: the paper's models in training, on one device or on many.

BEATs, embedder and Stable Diffusion work pair by pair from files, so memory does not grow with the dataset. HF
accelerate spreads the work and keeps the number formats. A batch means the same on one GPU and on eight: its pairs are
dealt out to the processes, each pair's draws follow from a seed of its own, and the terms of the loss that look at a
whole batch see the whole batch. So the recipe does not change with the machine; sums are only rounded in another order.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch.distributed import all_gather

from generation.errors import AudioError, CheckpointError
from generation.files import SheetImage, draw_sheet, png_bytes, write_durably
from generation.musipainter.audio_encoders import BeatsEncoder, read_clip, read_window
from generation.musipainter.backbones import LossTerms, overall_loss
from generation.musipainter.backbones.stable_diffusion import DiffusionSettings, StableDiffusionBackbone, load_pixels
from generation.musipainter.config import LargeConfig, LossConfig, TrainConfig
from generation.musipainter.data import MediaItem, Pair, TrainingData
from generation.musipainter.devices import OutOfMemory, explained_memory
from generation.musipainter.embedder import Embedder
from generation.musipainter.parts import Parts
from generation.musipainter.training.learner import Learner, make_optimizer, new_embedder
from generation.musipainter.training.stream import stream
from generation.processes import is_main
from generation.seeds import image_seed

MIXED = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
SAMPLES = "samples"
FEWER_JUDGED = "start another run with a smaller --validation-batch-size, or with --precision bfloat16"
SAME_RUN = "start it again with --gradient-checkpointing, and it goes on after its last whole epoch; or "
ANOTHER_RUN = "start another run with a smaller --batch-size and more --accumulation, or with --precision bfloat16"


@dataclass(frozen=True)
class PairInput:
    """One pair as the networks take it. `real`: False where it only fills up a process's share of a batch."""

    name: str  # of the sound file
    waveform: Tensor  # (N,)
    pixels: Tensor  # (3, S, S) in [-1, 1]
    seed: int
    real: bool


@dataclass(frozen=True)
class _Request:
    pair: Pair
    seed: int
    real: bool


class LargeLearner(Learner):
    """A `Learner` over BEATs and Stable Diffusion.

    Parameters
    ----------
    parts : Parts
        BEATs and Stable Diffusion, on their device.
    data : TrainingData
        Read pair by pair.
    train : TrainConfig
        The recipe.
    config : LargeConfig
        Its part for large networks.

    Raises
    ------
    CheckpointError
        When the parts are others, or cannot be trained here.
    """

    def __init__(self, *, parts: Parts, data: TrainingData, train: TrainConfig, config: LargeConfig) -> None:
        encoder, backbone = parts.audio_encoder, parts.backbone
        if not isinstance(encoder, BeatsEncoder) or not isinstance(backbone, StableDiffusionBackbone):
            raise CheckpointError(f"The preset {parts.preset.name} has no large networks to train.")
        self.encoder, self.backbone, self.train, self.config, self.data = encoder, backbone, train, config, data
        if config.precision == "float16" and backbone.device.type == "cpu":
            raise CheckpointError("Training in float16 needs a GPU; on a CPU take --precision bfloat16 or float32.")
        AcceleratorState._reset_state(reset_partial_state=False)
        self.accelerator = Accelerator(mixed_precision=MIXED[config.precision], cpu=backbone.device.type == "cpu")
        if "audio_encoder" in parts.preset.trained:
            encoder.train_network(gradient_checkpointing=config.gradient_checkpointing)
        if "generator" in parts.preset.trained:
            backbone.train_unet()
        if config.gradient_checkpointing:
            backbone.unet.enable_gradient_checkpointing()
        self.embedder = new_embedder(parts, train.seed).to(backbone.device)
        self.networks = _Networks(encoder, self.embedder, backbone, train.loss)
        # By name, so that state and mean are the same whatever wraps the networks.
        self.trained = {name: weight for name, weight in self.networks.named_parameters() if weight.requires_grad}
        optimizer = make_optimizer(list(self.trained.values()), train)
        self.model, self.optimizer = self.accelerator.prepare(self.networks, optimizer)
        self.mean = {name: weight.detach().clone() for name, weight in self.trained.items()} if config.ema_decay else {}
        self._inputs: Iterator[list[PairInput]] = iter(())
        self._turn = 0
        self._gradient: Tensor | None = None
        self.out_of_memory = ("" if config.gradient_checkpointing else SAME_RUN) + ANOTHER_RUN

    # Losses

    def expect(self, batches: Sequence[Sequence[Pair]], generator: torch.Generator, *, training: bool) -> None:
        self.networks.eval()
        self.embedder.train(training)
        self._turn = 0
        seeds = torch.randint(2**63 - 1, (sum(map(len, batches)),), generator=generator).tolist()
        requests = []
        for batch in batches:
            whole = [_Request(pair, seeds.pop(), True) for pair in batch]
            requests.append(self._own_share(whole) if training else whole)
        if not training:
            requests = requests[self.accelerator.process_index :: self.accelerator.num_processes]
        self._inputs = stream(requests, lambda request: self._load(request, training=training))

    def _own_share(self, batch: Sequence[_Request]) -> list[_Request]:
        """Every process gets as many pairs; where they do not go round, the first one again, without a say."""
        index, count = self.accelerator.process_index, self.accelerator.num_processes
        own = list(batch[index::count])
        filling = -(-len(batch) // count) - len(own)
        return own + [replace(batch[0], real=False)] * filling

    def _load(self, request: _Request, *, training: bool) -> PairInput:
        clip = request.pair.clip
        if training and self.encoder.window == "crop5":
            waveform = draw_window(self.encoder, clip, request.seed)
        else:
            waveform = read_window(self.encoder, clip)
        artwork = request.pair.artwork
        pixels = load_pixels(artwork, self.backbone.size)
        return PairInput(clip.path.name, waveform, pixels, request.seed, request.real)

    def loss(self, batch: Sequence[Pair], generator: torch.Generator, *, training: bool) -> LossTerms | None:
        if not training:
            turn, self._turn = self._turn, self._turn + 1
            if turn % self.accelerator.num_processes != self.accelerator.process_index:
                return None
        inputs = next(self._inputs)
        labels = [pair.clip.label for pair in batch]
        artworks = [pair.artwork for pair in batch]
        advice = self.out_of_memory if training else FEWER_JUDGED
        doing = "hearing and painting" if training else "judging"
        with explained_memory(f"{doing} {len(inputs)} pairs at once", advice):
            if training:
                gradient, *terms = self.model(inputs, labels, artworks, self.accelerator.num_processes)
                self._gradient = gradient
            else:
                # Without the wrapper of several processes: the others are at work on other batches.
                with self._judged(), self.accelerator.autocast():
                    _, *terms = self.networks(inputs, labels, artworks, 1)
        return LossTerms(*(term.detach() for term in terms))

    # Updates

    def learn(self, terms: LossTerms, share: float) -> None:
        assert self._gradient is not None
        with explained_memory("working out gradients", self.out_of_memory):
            self.accelerator.backward(self._gradient * share)
        self._gradient = None

    def end_step(self) -> None:
        # The first update makes the optimizer's moments: twice the size of all that is trained.
        with explained_memory("updating the weights", self.out_of_memory):
            self.optimizer.step()
        for name, mean in self.mean.items():
            mean.lerp_(self.trained[name].detach(), 1 - self.config.ema_decay)

    def add_up(self, sums: dict[str, float]) -> dict[str, float]:
        if self.accelerator.num_processes == 1:
            return sums
        values = torch.tensor(list(sums.values()), dtype=torch.float64, device=self.accelerator.device)
        return dict(zip(sums, self.accelerator.reduce(values, "sum").tolist(), strict=True))

    # What is kept

    def weights(self) -> dict[str, Tensor]:
        return {name: weight.detach().cpu().clone() for name, weight in self.trained.items()}

    def kept_weights(self) -> dict[str, Tensor]:
        if not self.mean:
            return self.weights()
        return {name: mean.cpu().clone() for name, mean in self.mean.items()}

    def state(self) -> dict[str, Any]:
        scaler = self.accelerator.scaler
        return {
            "optimizer": self.optimizer.state_dict(),
            "mean": {name: mean.cpu().clone() for name, mean in self.mean.items()},
            "scaler": scaler.state_dict() if scaler else {},
        }

    def restore(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        self._put(weights)
        self.optimizer.load_state_dict(state["optimizer"])
        for name, mean in state["mean"].items():
            self.mean[name].copy_(mean)
        if self.accelerator.scaler and state["scaler"]:
            self.accelerator.scaler.load_state_dict(state["scaler"])

    def install(self, kept: dict[str, Tensor]) -> dict[str, Tensor]:
        self._put(kept)
        return {name: tensor.detach().cpu() for name, tensor in self.embedder.state_dict().items()}

    @torch.no_grad()
    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self.trained.items():
            weight.copy_(weights[name])

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """The running mean of the weights takes their place inside this block, where there is one."""
        if not self.mean:
            yield
            return
        now = {name: weight.detach().clone() for name, weight in self.trained.items()}
        self._put(self.mean)
        try:
            yield
        finally:
            self._put(now)

    # To look at

    @torch.no_grad()
    def show(self, run_dir: Path, epoch: int, *, again: bool = True) -> None:
        """samples/epoch-<n>.png: the same validation clips with the same seeds after every epoch."""
        path = run_dir / SAMPLES / f"epoch-{epoch:03d}.png"
        if not self.config.sample_clips or not is_main() or (path.exists() and not again):
            return
        clips = spread(self.data.validation, self.config.sample_clips)
        settings = DiffusionSettings(
            steps=self.config.sample_steps,
            batch_size=1,
            device=self.backbone.device.type,
            precision=self.backbone.precision,
            channels_last=self.backbone.options["channels_last"],
            compiled=self.backbone.options["compiled"],
        )
        self.networks.eval()
        try:
            with self._judged(), self.accelerator.autocast():
                tokens = torch.stack(
                    [self.networks.token(read_window(self.encoder, clip), None, clip.path.name) for clip in clips]
                )
                seeds = [image_seed(0, clip.sha256, 0) for clip in clips]
                paintings = self.backbone.render(tokens, seeds, settings, places=range(len(clips)))
        except OutOfMemory as error:
            raise OutOfMemory(
                f"Out of memory while painting the samples of epoch {epoch}, whose weights are kept: start it again "
                "with --sample-clips 0, and it goes on from there."
            ) from error
        except CheckpointError as error:
            raise CheckpointError(
                f"The samples of epoch {epoch}, whose weights are kept, cannot be painted. {error} Start it again with "
                "--sample-clips 0, and it goes on from there."
            ) from error
        sheet = [
            SheetImage(png_bytes(painting.image), clip.sha256[:12])
            for painting, clip in zip(paintings, clips, strict=True)
        ]
        write_durably(path, draw_sheet(sheet))

    def close(self) -> None:
        self.accelerator.wait_for_everyone()
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


class _Networks(nn.Module):
    """All that works in a forward pass, as one module: what several processes wrap and keep in step."""

    def __init__(
        self, encoder: BeatsEncoder, embedder: Embedder, backbone: StableDiffusionBackbone, loss: LossConfig
    ) -> None:
        super().__init__()
        self.encoder, self.backbone, self.config = encoder, backbone, loss
        self.embedder = embedder
        # Frozen networks stay outside, so that nothing copies or sends them around.
        if encoder.is_trained:
            self.audio_encoder = encoder.network
        if backbone.is_trained:
            self.generator = backbone.unet

    def forward(
        self, inputs: Sequence[PairInput], labels: Sequence[str], artworks: Sequence[MediaItem], processes: int
    ) -> tuple[Tensor, ...]:
        """Losses of a batch of which this process has a share.

        labels, artworks: of the whole batch. Returns what this process is to differentiate, then the total and the
        terms of the whole batch, as `LossTerms` has them.
        """
        seeds = [item.seed for item in inputs]
        own = torch.stack([self.token(item.waveform, item.seed, item.name) for item in inputs])
        pixels = torch.stack([item.pixels for item in inputs])
        real = torch.tensor([item.real for item in inputs], device=own.device)
        noise = (self.backbone.noise_losses(own, pixels, seeds) * real).sum() / len(labels)
        tokens = gather_tokens(own, len(labels), processes)
        targets = self.backbone.label_targets(labels, artworks).to(tokens)
        terms = overall_loss(noise, tokens, targets, self.config)
        whole = add_over_processes(noise.detach(), processes)
        # Gradients are averaged over the processes, each of which holds the part of its own pairs.
        return processes * terms.total, terms.total - noise + whole, whole, terms.class_, terms.l1, terms.l2

    def token(self, waveform: Tensor, seed: int | None, name: str) -> Tensor:
        """e_audio (d,) of one pair; `seed` decides the dropout of training. AudioError names the file."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.encoder.is_trained):
            try:
                features = self.encoder.encode_batch(waveform.unsqueeze(0))
            except AudioError as error:
                raise AudioError(f"{name}: {error}") from error
        if seed is not None and self.embedder.training:
            torch.manual_seed(seed)
        return self.embedder(features.float())[0].float()


def gather_tokens(own: Tensor, count: int, processes: int) -> Tensor:
    """The tokens of a whole batch in its order (count, d); gradients reach those of this process alone."""
    if processes == 1:
        return own[:count]
    shares = [torch.empty_like(own) for _ in range(processes)]
    all_gather(shares, own.detach().contiguous())
    shares[torch.distributed.get_rank()] = own
    # Pairs were dealt out like cards: pair i went to process i mod n.
    return torch.stack(shares, dim=1).flatten(0, 1)[:count]


def add_over_processes(value: Tensor, processes: int) -> Tensor:
    """The sum of a number over all processes."""
    if processes == 1:
        return value
    total = value.clone()
    torch.distributed.all_reduce(total)
    return total


def draw_window(encoder: BeatsEncoder, clip: MediaItem, seed: int) -> Tensor:
    """A window of a recording that begins anywhere the whole of it fits; the seed says where."""
    waveform = read_clip(clip, encoder.sample_rate)
    length = round(encoder.window_seconds * encoder.sample_rate)
    places = max(1, len(waveform) - length + 1)
    start = int(torch.randint(places, (), generator=torch.Generator().manual_seed(seed)))
    return waveform[start : start + length]


def spread(pairs: Sequence[Pair], count: int) -> list[MediaItem]:
    """So many clips at even distances among the pairs, which lie in the order of their categories."""
    count = min(count, len(pairs))
    return [pairs[place * len(pairs) // count].clip for place in range(count)]
