"""What a training run will take, worked out before anything is loaded: parameters, updates, memory.

Networks of the published sizes are built on torch's meta device, which knows shapes and holds no numbers. A forward
pass there lists every tensor that the backward pass would need, so the activations are counted, not guessed.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from generation.musipainter.audio_encoders import HEARD_SECONDS, WINDOW_SAMPLES
from generation.musipainter.config import WindowMode
from generation.musipainter.embedder import Embedder
from generation.networks import FBANK_SAMPLE_RATE, MEL_BANDS, Beats, frame_count, token_count

FLOAT32 = 4  # bytes
ADAM_MOMENTS = 2
GIB = 2**30


@dataclass(frozen=True)
class Plan:
    """The part of a run that decides what it takes."""

    pairs: int  # train clips
    epochs: int
    batch_size: int
    accumulation: int
    trained: tuple[str, ...]  # of `networks()`: "embedder", "beats", "unet"
    window: WindowMode = "windows"
    frozen_bytes: int = FLOAT32  # per number of a frozen network
    activation_bytes: int = FLOAT32  # per number kept for the backward pass
    gradient_checkpointing: bool = False
    running_mean: bool = False  # of the trained weights, kept beside them
    processes: int = 1  # that share every batch
    steps_per_epoch: int | None = None  # None: an epoch hears every clip once


@dataclass(frozen=True)
class Memory:
    """Bytes of one process's device, without the libraries' own share."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


@cache
def networks() -> dict[str, nn.Module]:
    """The paper's networks in their published sizes, without any numbers in them."""
    with torch.device("meta"):
        return {
            "embedder": Embedder(2304, 768),
            "beats": Beats(),
            "unet": UNet2DConditionModel(
                sample_size=64, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=768, attention_head_dim=8
            ),
            "vae": AutoencoderKL(
                block_out_channels=(128, 256, 512, 512),
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                layers_per_block=2,
                latent_channels=4,
                sample_size=512,
            ),
            "text_encoder": CLIPTextModel(
                CLIPTextConfig(
                    hidden_size=768,
                    intermediate_size=3072,
                    num_hidden_layers=12,
                    num_attention_heads=12,
                    bos_token_id=49_406,
                    eos_token_id=49_407,
                )
            ),
        }


def count_parameters(names: Iterable[str]) -> int:
    """Numbers in the named networks."""
    return sum(parameter.numel() for name in names for parameter in networks()[name].parameters())


def updates_per_epoch(plan: Plan) -> int:
    """Optimizer steps of an epoch: as many as it is told, or as hear every clip once; the last may hear fewer."""
    return plan.steps_per_epoch or math.ceil(plan.pairs / (plan.batch_size * plan.accumulation))


def updates(plan: Plan) -> int:
    """Optimizer steps of the whole run."""
    return plan.epochs * updates_per_epoch(plan)


def estimate_memory(plan: Plan) -> Memory:
    """What one process's device has to hold at the end of a forward pass."""
    trained = count_parameters(plan.trained)
    frozen = count_parameters(networks().keys()) - trained
    return Memory(
        weights=trained * FLOAT32 * (1 + plan.running_mean) + frozen * plan.frozen_bytes,
        gradients=trained * FLOAT32,
        optimizer=trained * FLOAT32 * ADAM_MOMENTS,
        activations=math.ceil(plan.batch_size / plan.processes) * _kept_numbers(plan) * plan.activation_bytes,
    )


def _kept_numbers(plan: Plan) -> int:
    """How many numbers of one pair the backward pass needs."""
    parts = networks()
    tokens = torch.empty(1, 77, 768, device="meta", requires_grad=True)
    step = torch.zeros(1, dtype=torch.long, device="meta")
    latents = torch.empty(1, 4, 64, 64, device="meta")
    windows, length = _windows(plan.window)
    banks = torch.empty(windows, frame_count(length), MEL_BANDS, device="meta")

    def text_encoder() -> Any:
        # The token enters at the table's output; its gradient flows through every layer behind it.
        hook = parts["text_encoder"].get_input_embeddings().register_forward_hook(lambda *_: tokens)
        try:
            return parts["text_encoder"](torch.zeros(1, 77, dtype=torch.long, device="meta"))
        finally:
            hook.remove()

    passes: dict[str, Callable[[], Any]] = {
        "embedder": lambda: parts["embedder"](torch.empty(1, _token_count(plan.window), 2304, device="meta")),
        "text_encoder": text_encoder,
        "unet": lambda: parts["unet"](latents, step, encoder_hidden_states=tokens),
    }
    if "beats" in plan.trained:
        passes["beats"] = lambda: parts["beats"](banks)
    return sum(_saved_by(name, forward, plan) for name, forward in passes.items())


def _saved_by(name: str, forward: Callable[[], Any], plan: Plan) -> int:
    network = networks()[name]
    network.requires_grad_(name in plan.trained)
    plain = _saved_numbers(forward, network)
    if not plan.gradient_checkpointing or name not in ("unet", "beats"):
        return plain.total
    _checkpoint(network, on=True)
    try:
        kept = _saved_numbers(forward, network).total
    finally:
        _checkpoint(network, on=False)
    # One block at a time is computed again, and then needs what it would have kept.
    return kept + plain.largest_block


def _checkpoint(network: Any, *, on: bool) -> None:
    if isinstance(network, Beats):
        network.gradient_checkpointing = on
    elif on:
        network.enable_gradient_checkpointing()
    else:
        network.disable_gradient_checkpointing()


@dataclass(frozen=True)
class _Saved:
    total: int
    largest_block: int


def _saved_numbers(forward: Callable[[], Any], network: nn.Module) -> _Saved:
    weights = {parameter.untyped_storage()._cdata for parameter in network.parameters()}
    sizes: dict[int, int] = {}
    keep: list[Tensor] = []  # a storage that is let go may lend its address to another one
    blocks: list[int] = []

    def saw(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            sizes[storage._cdata] = storage.nbytes() // FLOAT32
            keep.append(tensor)
        return tensor

    def enter(block: nn.Module, inputs: Any) -> None:
        block.saved_before = sum(sizes.values())

    def leave(block: Any, inputs: Any, output: Any) -> None:
        blocks.append(sum(sizes.values()) - block.saved_before)

    hooks = [
        hook
        for block in network.modules()
        if type(block).__name__ in ("ResnetBlock2D", "BasicTransformerBlock", "_Layer")
        for hook in (block.register_forward_pre_hook(enter), block.register_forward_hook(leave))
    ]
    try:
        with torch.autograd.graph.saved_tensors_hooks(saw, lambda tensor: tensor):
            forward()
    finally:
        for hook in hooks:
            hook.remove()
    return _Saved(sum(sizes.values()), max(blocks, default=0))


def _token_count(window: WindowMode) -> int:
    windows, length = _windows(window)
    return windows * token_count(length)


def _windows(window: WindowMode) -> tuple[int, int]:
    """How many windows a mode hears, and of how many samples."""
    heard = round(HEARD_SECONDS[window] * FBANK_SAMPLE_RATE)
    return (heard // WINDOW_SAMPLES, WINDOW_SAMPLES) if window == "windows" else (1, heard)


def describe(title: str, plan: Plan, recipe: Sequence[tuple[str, str]] = ()) -> str:
    """The recipe as lines of text.

    Parameters
    ----------
    title : str
        The first line.
    plan : Plan
        What is worked out.
    recipe : sequence of (str, str)
        What else decides the run, as label and value.

    Returns
    -------
    str
        Lines; memory in GiB.
    """
    memory = estimate_memory(plan)
    names = {
        "embedder": "Embedder (2304 -> 768)",
        "beats": "BEATs",
        "unet": "U-Net",
        "vae": "VAE",
        "text_encoder": "CLIP text encoder",
    }
    rows: list[tuple[str, str]] = [
        (label, f"{count_parameters([name]):>13,}  {'trained' if name in plan.trained else 'frozen'}")
        for name, label in names.items()
    ]
    rows += [
        ("trainable parameters", f"{count_parameters(plan.trained):>13,}"),
        ("all parameters", f"{count_parameters(names):>13,}"),
        ("", ""),
        ("train pairs", f"{plan.pairs:>13,}"),
        ("pairs per update", f"{plan.batch_size * plan.accumulation:>13,}  ({_product(plan)})"),
        ("updates per epoch", f"{updates_per_epoch(plan):>13,}"),
        ("updates in all", f"{updates(plan):>13,}  ({plan.epochs} epochs)"),
        ("music heard", f"{_token_count(plan.window):>13,}  tokens (window mode {plan.window})"),
        *recipe,
        ("", ""),
        ("weights", f"{memory.weights / GIB:>13.1f}  GiB"),
        ("gradients", f"{memory.gradients / GIB:>13.1f}  GiB"),
        ("AdamW moments", f"{memory.optimizer / GIB:>13.1f}  GiB"),
        ("activations", f"{memory.activations / GIB:>13.1f}  GiB  ({_activation_words(plan)})"),
        ("memory of each device", f"{memory.total / GIB:>13.1f}  GiB, and what the libraries need themselves"),
    ]
    width = max(len(label) for label, _ in rows)
    return "\n".join([title, *(f"  {label:{width}s}  {value}".rstrip() for label, value in rows)])


def _product(plan: Plan) -> str:
    shared = f", shared by {plan.processes} processes" if plan.processes > 1 else ""
    return f"batches of {plan.batch_size}, {plan.accumulation} per update{shared}"


def _activation_words(plan: Plan) -> str:
    kept = "recomputed block by block" if plan.gradient_checkpointing else "all kept for the backward pass"
    return f"{kept}, {plan.activation_bytes} bytes per number"
