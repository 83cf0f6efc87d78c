"""What a run is told: frozen dataclasses that go to JSON and back. Defaults are the paper's where it states one."""

import math
import types
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from generation.errors import CheckpointError

L1Reduction = Literal["mean", "sum"]

L2Power = Literal[2, 1]

ClassReduction = Literal["batch", "sample"]

Schedule = Literal["cosine", "constant"]

Precision = Literal["float32", "bfloat16", "float16"]

WindowMode = Literal["crop5", "windows", "full"]  # see `beats_encoder`

LabelTarget = Literal["table", "encoder", "image"]  # see `StableDiffusionBackbone.label_targets`

# Of `LargeConfig`: what an unfinished run may be told anew, because it changes no weight.
CHANGEABLE = ("gradient_checkpointing", "sample_clips", "sample_steps")

Config = TypeVar("Config")


@dataclass(frozen=True)
class LossConfig:
    """Weights and readings of equations 3 and 9; the paper gives no weights but 0.01 for l2 in its eq. 9."""

    lambda_l1: float = 0.01
    lambda_l2: float = 0.0
    lambda_class: float = 0.01
    l1_reduction: L1Reduction = "mean"
    l2_power: L2Power = 2
    class_reduction: ClassReduction = "batch"

    def __post_init__(self) -> None:
        for name in ("lambda_l1", "lambda_l2", "lambda_class"):
            weight = getattr(self, name)
            if not (math.isfinite(weight) and weight >= 0):
                raise CheckpointError(f"{name} must be a number from 0 on, not {weight}.")


@dataclass(frozen=True)
class LargeConfig:
    """What only the training of large networks needs to be told."""

    # Number format of forward and backward passes; weights that are trained stay in float32.
    precision: Precision = "float32"
    # Recompute activations in the backward pass instead of keeping them: slower, and much less memory.
    gradient_checkpointing: bool = False
    # Memory layout that convolutions are faster in on many GPUs; rounds otherwise.
    channels_last: bool = False
    # torch.compile for the U-Net: a wait at the beginning, faster from then on; rounds otherwise.
    compiled: bool = False
    # Share of the running mean of the weights that each update keeps; 0: no mean, the weights themselves.
    ema_decay: float = 0.0
    # Epochs without a lower validation loss after which training stops; None: all epochs.
    patience: int | None = None
    # Validation clips that are painted after every epoch, and in how many steps.
    sample_clips: int = 4
    sample_steps: int = 25

    def __post_init__(self) -> None:
        if not 0 <= self.ema_decay < 1:
            raise CheckpointError(f"ema_decay must lie in 0 .. 1, not {self.ema_decay}.")
        if self.patience is not None and self.patience < 1:
            raise CheckpointError(f"patience must be at least 1, not {self.patience}.")
        if self.sample_clips < 0 or self.sample_steps < 1:
            raise CheckpointError("sample_clips must not be negative, and sample_steps at least 1.")


@dataclass(frozen=True)
class TrainConfig:
    """One training run. A step is one update: `batch_size` pairs, `accumulation` times."""

    seed: int = 0
    epochs: int = 25
    batch_size: int = 8
    accumulation: int = 1
    validation_batch_size: int = 1
    learning_rate: float = 8e-5
    schedule: Schedule = "cosine"
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01
    # None: an epoch hears every train clip once. A number: an epoch has that many steps.
    steps_per_epoch: int | None = None
    # None: the embedder sees all tokens of a clip. A number: that many, drawn anew each time.
    tokens_per_clip: int | None = None
    # Share of a clip's feature channels that are silenced in training, drawn anew each time.
    feature_dropout: float = 0.0
    loss: LossConfig = field(default_factory=LossConfig)
    # None for small networks, which need none of it.
    large: LargeConfig | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulation", "validation_batch_size"):
            if getattr(self, name) < 1:
                raise CheckpointError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("steps_per_epoch", "tokens_per_clip"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise CheckpointError(f"{name} must be at least 1, or left out, not {number}.")
        if not 0 < self.learning_rate < 10:
            raise CheckpointError(f"learning_rate must lie between 0 and 10, not {self.learning_rate}.")
        if not 0 <= self.feature_dropout < 1:
            raise CheckpointError(f"feature_dropout must lie in 0 .. 1, not {self.feature_dropout}.")
        if self.seed < 0:
            raise CheckpointError(f"seed must not be negative, not {self.seed}.")


@dataclass(frozen=True)
class StyleSettings:
    """How a style-transfer backbone turns an audio token into an image; see `style_transfer`."""

    set_seed: int = 0
    strength: float = 1.2
    artwork_share: float = 0.6
    temperature: float = 0.06
    retry_strength: float = 1.0
    max_artworks: int = 3
    min_luminance_mean: float = 0.10
    min_luminance_std: float = 0.10


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values: equal before and after a round trip through text."""
    return _plain(asdict(config))


def from_json(kind: type[Config], values: dict[str, Any]) -> Config:
    """The dataclass back from JSON; CheckpointError names a field that is unknown or missing."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}
    if wrong := sorted(values.keys() ^ known):
        raise CheckpointError(f"{kind.__name__} has no field {wrong[0]!r}, or lacks it.")
    return kind(**{name: _typed(hints[name], value) for name, value in values.items()})


def _typed(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    if get_origin(hint) is tuple:
        return tuple(value)
    if isinstance(hint, types.UnionType) and value is not None:
        return _typed(get_args(hint)[0], value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


PLACEHOLDER = "<*>"

PROMPT = f"An art image of {PLACEHOLDER}"


def check_prompt(prompt: str) -> None:
    """CheckpointError unless the prompt has one place for the music."""
    if prompt.count(PLACEHOLDER) != 1:
        raise CheckpointError(f"The prompt {prompt!r} must hold {PLACEHOLDER} once, where the music goes.")
