"""What a run is told: frozen dataclasses that go to JSON and back. Defaults are the paper's where it states one."""

import json
import math
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Literal, TypeVar, get_origin, get_type_hints

from generation.errors import CheckpointError
from generation.musipainter.options import check_bounds, option, without_none

L1Reduction = Literal["mean", "sum"]

L2Power = Literal[2, 1]

ClassReduction = Literal["batch", "sample"]

Schedule = Literal["cosine", "constant"]

Precision = Literal["float32", "bfloat16", "float16"]

WindowMode = Literal["crop5", "windows", "full"]  # see `beats_encoder`

LabelTarget = Literal["table", "encoder", "image"]  # see `StableDiffusionBackbone.label_targets`

Pooling = Literal["attentive", "average"]

# Of `LargeConfig`: what an unfinished run may be told anew, because it changes no weight.
CHANGEABLE = ("gradient_checkpointing", "sample_clips", "sample_steps")

# Options of training and of painting.
CHANNELS_LAST, COMPILED = "Another layout in memory.", "torch.compile for the U-Net."

Config = TypeVar("Config")


@dataclass(frozen=True)
class LossConfig:
    """Weights and readings of equations 3 and 9; the paper gives no weights but 0.01 for l2 in its eq. 9.

    Attributes
    ----------
    lambda_l1, lambda_l2, lambda_class : float
        Weights, from 0 on. AudioToken's code has 0.01 for the first and the last.
    l1_reduction : {"mean", "sum"}
        Whether ||e||_1 is divided by the length of e.
    l2_power : {2, 1}
        ||e||_2 squared, or as eq. 9 prints it.
    class_reduction : {"batch", "sample"}
        Eq. 2 of the batch's mean cosine, or of each pair.

    Raises
    ------
    CheckpointError
        When a weight is no number from 0 on.
    """

    lambda_l1: float = option(0.01, "Weight of the l1 term of eq. 3.")
    lambda_l2: float = option(0.0, "Weight of the l2 term of eq. 9.")
    lambda_class: float = option(0.01, "Weight of eq. 2.")
    l1_reduction: L1Reduction = option("mean", "||e||_1 divided by its length, or not.")
    l2_power: L2Power = option(2, "||e||_2, or its square.")
    class_reduction: ClassReduction = option("batch", "Eq. 2 per batch or per pair.")

    def __post_init__(self) -> None:
        for name in ("lambda_l1", "lambda_l2", "lambda_class"):
            weight = getattr(self, name)
            if not (math.isfinite(weight) and weight >= 0):
                raise CheckpointError(f"{name} must be a number from 0 on, not {weight}.")


@dataclass(frozen=True)
class LargeConfig:
    """What only the training of large networks needs to be told.

    Raises
    ------
    CheckpointError
        When a value cannot be.
    """

    # Weights that are trained stay in float32.
    precision: Precision = option("float32", "Of forward and backward pass.")
    gradient_checkpointing: bool = option(
        False, "Recompute activations instead of keeping them: slower, much less memory.", negatable=True
    )
    # Faster convolutions on many GPUs; rounds otherwise.
    channels_last: bool = option(False, CHANNELS_LAST)
    # A wait at the beginning, faster from then on; rounds otherwise.
    compiled: bool = option(False, COMPILED, flag="compile")
    # Share of the mean that each update keeps; 0: no mean, the weights themselves.
    ema_decay: float = option(0.0, "Judge and keep a running mean of the weights.", metavar="D")
    # None: all epochs. "Better" is a lower validation loss.
    patience: int | None = option(None, "Stop after N epochs without a better one.", metavar="N", least=1)
    sample_clips: int = option(4, "Clips to paint after each epoch (default 4).", metavar="N")
    sample_steps: int = option(25, "Denoising steps of those (default 25).", metavar="N")

    def __post_init__(self) -> None:
        if not 0 <= self.ema_decay < 1:
            raise CheckpointError(f"ema_decay must lie in 0 .. 1, not {self.ema_decay}.")
        check_bounds(self)
        if self.sample_clips < 0 or self.sample_steps < 1:
            raise CheckpointError("sample_clips must not be negative, and sample_steps at least 1.")


@dataclass(frozen=True)
class TrainConfig:
    """One training run. A step is one update: `batch_size` pairs, `accumulation` times.

    Raises
    ------
    CheckpointError
        When a value cannot be.
    """

    epochs: int = option(25, least=1)
    batch_size: int = option(8, "Pairs per forward pass.", least=1)
    accumulation: int = option(1, "Forward passes per update.", least=1)
    validation_batch_size: int = option(1, "Pairs judged at once after an epoch.", metavar="N", least=1)
    learning_rate: float = option(8e-5, "Initial learning rate.", flag="lr")
    schedule: Schedule = option("cosine")
    # None: an epoch hears every train clip once.
    steps_per_epoch: int | None = option(None, "Updates per epoch; without it, every clip once.")
    seed: int = option(0, "Decides every draw of the run (default 0).")
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01
    # None: the embedder sees all tokens of a clip. A number: that many, drawn anew each time.
    tokens_per_clip: int | None = None
    # Share of a clip's feature channels that are silenced in training, drawn anew each time.
    feature_dropout: float = 0.0
    loss: LossConfig = field(default_factory=LossConfig)
    # None for small networks, which need none of it.
    large: LargeConfig | None = None

    def __post_init__(self) -> None:
        check_bounds(self)
        for name in ("steps_per_epoch", "tokens_per_clip"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise CheckpointError(f"{name} must be at least 1, or left out, not {number}.")
        if not 0 < self.learning_rate < 10:
            raise CheckpointError(f"learning_rate must lie between 0 and 10, not {self.learning_rate}.")
        if not 0 <= self.feature_dropout < 1:
            raise CheckpointError(f"feature_dropout must lie in 0 .. 1, not {self.feature_dropout}.")
        if self.seed < 0:
            raise CheckpointError(f"seed must not be negative, not {self.seed}.")


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values: equal before and after a round trip through text.

    Parameters
    ----------
    config : dataclass
        Of numbers, texts, tuples and further dataclasses.

    Returns
    -------
    dict
        Tuples have become lists.
    """
    return json.loads(json.dumps(asdict(config)))


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
    inner = without_none(hint)
    return value if inner is hint or value is None else _typed(inner, value)


PLACEHOLDER = "<*>"

PROMPT = f"An art image of {PLACEHOLDER}"


def check_prompt(prompt: str) -> None:
    """CheckpointError unless the prompt has one place for the music."""
    if prompt.count(PLACEHOLDER) != 1:
        raise CheckpointError(f"The prompt {prompt!r} must hold {PLACEHOLDER} once, where the music goes.")
