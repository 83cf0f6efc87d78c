"""Where networks compute, and one clear line when they do not fit there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch

from generation.errors import CheckpointError, is_out_of_memory
from generation.musipainter.config import Precision

FORMATS: dict[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

SLOW_ON_CPU = (
    "Stable Diffusion computes on the CPU, which takes minutes for each image and months for training: "
    "no GPU was found, or the CPU was asked for."
)


def choose_device(name: str = "auto") -> torch.device:
    """The device for a name.

    Parameters
    ----------
    name : str
        "cuda", "cuda:N", "mps", "cpu", or "auto": CUDA, else Apple's MPS, else the CPU.

    Returns
    -------
    torch.device
        One that is here.

    Raises
    ------
    CheckpointError
        When torch finds no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise CheckpointError(f"There is no device {name!r}; choose auto, cuda, cuda:N, mps or cpu.") from error
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not found.get(device.type, False) or (
        device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    ):
        raise CheckpointError(f"The device {name!r} was asked for, but torch finds no such device here.")
    return device


def choose_precision(name: str, device: torch.device) -> Precision:
    """The number format of frozen weights.

    Parameters
    ----------
    name : str
        "float32", "bfloat16", "float16", or "auto": float16 on CUDA, whose memory it halves, float32 elsewhere.
    device : torch.device
        Where the networks compute.

    Returns
    -------
    str
        A key of `FORMATS`.

    Raises
    ------
    CheckpointError
        When there is no such format.
    """
    if name == "auto":
        return "float16" if device.type == "cuda" else "float32"
    if name not in FORMATS:
        raise CheckpointError(f"There is no precision {name!r}; choose auto, {', '.join(FORMATS)}.")
    return cast(Precision, name)


class OutOfMemory(CheckpointError):
    """A device's memory, or the machine's, does not hold what was asked for."""


@contextmanager
def explained_memory(doing: str, advice: str) -> Iterator[None]:
    """Turns running out of memory inside the block into an OutOfMemory: what was being done, and what to change.

    Parameters
    ----------
    doing, advice : str
        What was being done, and what to change: the two halves of the message.

    Raises
    ------
    OutOfMemory
        In place of what Python, torch or onnxruntime raise; other errors pass.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(f"Out of memory while {doing}: {advice}.") from error
