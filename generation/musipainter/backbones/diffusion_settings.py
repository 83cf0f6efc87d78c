"""How Stable Diffusion paints: scheduler, steps, guidance, size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

from generation.errors import CheckpointError
from generation.musipainter.config import Precision

SchedulerName = Literal["pndm", "ddim", "dpm++", "euler", "unipc"]

SCHEDULERS: dict[SchedulerName, Any] = {
    "pndm": PNDMScheduler,  # the one that Stable Diffusion v1-4 is published with
    "ddim": DDIMScheduler,
    "dpm++": DPMSolverMultistepScheduler,
    "euler": EulerDiscreteScheduler,
    "unipc": UniPCMultistepScheduler,
}


@dataclass(frozen=True)
class DiffusionSettings:
    """How an image is painted. Equal settings, device class and library versions: equal bytes."""

    steps: int = 50
    guidance: float = 7.5
    negative_prompt: str = ""
    scheduler: SchedulerName = "pndm"
    size: int | None = None  # pixels; None: the size the model was trained on, 512
    batch_size: int = 4
    # Where and in which number format the networks compute; both round otherwise elsewhere.
    device: str = "cpu"
    precision: Precision = "float32"
    # Faster on many GPUs; both round otherwise. See `LargeConfig`.
    channels_last: bool = False
    compiled: bool = False
    cpu_threads: int = 1  # on a CPU, sums over more threads round otherwise

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "cpu_threads"):
            if getattr(self, name) < 1:
                raise CheckpointError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.scheduler not in SCHEDULERS:
            raise CheckpointError(f"There is no scheduler {self.scheduler!r}; choose one of {', '.join(SCHEDULERS)}.")
        if self.size is not None and (self.size < 8 or self.size % 8):
            raise CheckpointError(f"size must be a multiple of 8 pixels, not {self.size}.")


def make_scheduler(name: SchedulerName, published: Mapping[str, Any]) -> Any:
    """A scheduler with the published noise schedule; latents, unlike pixels, are never clipped to [-1, 1]."""
    extra = {"clip_sample": False} if name == "ddim" else {}
    return SCHEDULERS[name].from_config(published, **extra)
