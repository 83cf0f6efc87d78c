"""How Stable Diffusion paints: scheduler, steps, guidance, size. No torch."""

from dataclasses import dataclass
from typing import Literal, get_args

from generation.errors import CheckpointError
from generation.musipainter.config import CHANNELS_LAST, COMPILED, Precision
from generation.musipainter.options import FormWords, check_bounds, option

SchedulerName = Literal["pndm", "ddim", "dpm++", "euler", "unipc"]


@dataclass(frozen=True)
class DiffusionSettings:
    """How an image is painted. Equal settings, device class and library versions: equal bytes.

    Raises
    ------
    CheckpointError
        When a value cannot be.
    """

    steps: int = option(
        50, "Denoising steps (default 50).", least=1, form=FormWords("Empty: 50.", label="Denoising steps")
    )
    guidance: float = option(
        7.5,
        "Classifier-free guidance; 1 is none (default 7.5).",
        form=FormWords("Classifier-free guidance; 1 is none. Empty: 7.5."),
    )
    negative_prompt: str = option(
        "",
        "What guidance leads away from (default: nothing).",
        metavar="TEXT",
        form=FormWords("What guidance leads away from. Empty: nothing."),
    )
    scheduler: SchedulerName = option(
        "pndm", "pndm (default), ddim, dpm++, euler or unipc.", form=FormWords(empty="as published (pndm)")
    )
    # None: the size the model was trained on, 512.
    size: int | None = option(
        None,
        "Side of the images (default 512).",
        metavar="PIXELS",
        least=8,
        form=FormWords("Side of the images in pixels, a multiple of 8. Empty: 512."),
    )
    batch_size: int = 4
    # Where and in which number format the networks compute; both round otherwise elsewhere.
    device: str = option(
        "cpu",
        "auto (default: cuda, else mps, else cpu), or one of these.",
        form=FormWords("cuda, mps or cpu. Empty: the best that the worker has."),
    )
    precision: Precision = option(
        "float32",
        "float32, bfloat16 or float16 (default auto: float16 on cuda).",
        form=FormWords(empty="float16 on cuda, else float32"),
    )
    # Faster on many GPUs; both round otherwise. See `LargeConfig`.
    channels_last: bool = option(False, CHANNELS_LAST)
    compiled: bool = option(False, COMPILED, flag="compile")
    # On a CPU, sums over more threads round otherwise.
    cpu_threads: int = option(1, "Threads on a CPU (default 1: same bytes anywhere).", metavar="N", least=1)

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise CheckpointError(f"batch_size must be at least 1, not {self.batch_size}.")
        if self.scheduler not in (names := get_args(SchedulerName)):
            raise CheckpointError(f"There is no scheduler {self.scheduler!r}; choose one of {', '.join(names)}.")
        if self.size is not None and (self.size < 8 or self.size % 8):
            raise CheckpointError(f"size must be a multiple of 8 pixels, not {self.size}.")
        check_bounds(self)
