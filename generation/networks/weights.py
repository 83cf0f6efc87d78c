"""Weights of networks: read from files of which nothing is executed, and held against the network that takes them.

The one way in for every network of the house. What does not fit is named; nothing is left to chance where a tensor is
missing.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from generation.errors import GenerationError, first_line, is_out_of_memory

# What lies in the place of a file of weights when its download went wrong, by its first bytes.
STAND_INS = (
    (rb"\s*(?:<!doctype html|<html|<\?xml|<head)", "it is a web page (HTML); fetch the file itself"),
    (rb"version https://git-lfs", "it is a Git LFS pointer; fetch the file itself (git lfs pull)"),
    (rb"\s*\{\s*\"(?:error|message)\"", "it is a server's message in place of the file; fetch the file itself"),
    (rb"\Z", "it is empty; fetch it again"),
)


def explain_unreadable(path: Path, error: BaseException) -> str:
    """Why a file of weights cannot be read: what lies in its place, else what the library says, in one line."""
    try:
        with path.open("rb") as file:
            begin = file.read(512)
    except OSError:
        return first_line(error)
    found = (words for pattern, words in STAND_INS if re.match(pattern, begin, re.IGNORECASE))
    return next(found, f"{type(error).__name__}: {first_line(error)}")


def read_tensors(path: Path, *, what: str, failure: type[GenerationError]) -> dict[str, Tensor]:
    """All tensors of a file by name, on the CPU.

    Parameters
    ----------
    path : Path
        `.safetensors`, or torch's `.bin`, `.pt` or `.pth`.
    what : str
        Whose weights they are, for messages.
    failure : type
        Which error is raised.

    Raises
    ------
    GenerationError
        Of the kind `failure`: the file is missing, or holds anything but named tensors.
    """
    state = read_pickled(path, what=what, failure=failure) if path.suffix != ".safetensors" else None
    if state is None:
        try:
            state = load_file(path)
        except FileNotFoundError as error:
            raise failure(f"There is no weights file {path}.") from error
        except Exception as error:  # safetensors raises its own and the file system's
            if is_out_of_memory(error):
                raise
            raise failure(f"{path} cannot be read as {what} weights ({explain_unreadable(path, error)}).") from error
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise failure(f"{path} is no {what} weights file: it is not a table of named tensors.")
    return state


def read_pickled(path: Path, *, what: str, failure: type[GenerationError]) -> object:
    """What a file of torch's holds, of which nothing is executed; errors as `read_tensors`."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise failure(f"There is no weights file {path}.") from error
    except Exception as error:  # torch and pickle raise a dozen kinds for a file of another sort
        if is_out_of_memory(error):
            raise
        raise failure(f"{path} cannot be read as {what} weights ({explain_unreadable(path, error)}).") from error


def check_tensors(
    shapes: Mapping[str, tuple[int, ...]],
    tensors: Mapping[str, Tensor],
    *,
    source: object,
    what: str,
    failure: type[GenerationError],
    may_hold_more: bool = False,
) -> None:
    """Hold tensors against the shapes that a network needs.

    Parameters
    ----------
    shapes : dict
        Name -> shape of every tensor of the network (`shapes_of`).
    tensors : dict of Tensor
        What a file holds.
    source, what
        The file and the network, for messages.
    failure : type
        Which error is raised.
    may_hold_more : bool
        Whether tensors that the network has no use for are left alone.

    Raises
    ------
    GenerationError
        Of the kind `failure`, naming the first tensor that is missing, unknown, of another shape, or holds no numbers.
    """
    for name in sorted(shapes.keys() - tensors.keys()):
        raise failure(f"{source}: the tensor {name} of {what} is missing.")
    for name in [] if may_hold_more else sorted(tensors.keys() - shapes.keys()):
        raise failure(f"{source}: {name} is no tensor of {what}.")
    for name, shape in shapes.items():
        if tuple(tensors[name].shape) != tuple(shape):
            raise failure(
                f"{source}: the tensor {name} of {what} has the shape {tuple(tensors[name].shape)}, not {tuple(shape)}."
            )
        refuse_no_numbers(name, tensors[name], source=source, what=what, failure=failure)


# Buffers of earlier versions of transformers, which count positions; networks make them themselves.
LEFTOVERS = ("position_ids",)


def refuse_misfits(
    network: torch.nn.Module,
    report: Mapping[str, Any],
    *,
    source: object,
    what: str,
    failure: type[GenerationError],
    parts: tuple[str, ...] = ("",),
    may_hold_more: bool = False,
) -> None:
    """What `check_tensors` does, for a network that transformers or diffusers has filled.

    Parameters
    ----------
    network : Module
        As `from_pretrained(..., ignore_mismatched_sizes=True, output_loading_info=True)` gives it: tensors that its
        file lacks are drawn at random, or are none.
    report : dict
        What that says of the file: `missing_keys`, `unexpected_keys`, `mismatched_keys`.
    parts : tuple of str
        How names begin that count; others are never used.
    source, what, failure, may_hold_more
        As for `check_tensors`.

    Raises
    ------
    GenerationError
        As `check_tensors`.
    """
    for name in sorted(report["missing_keys"]):
        if name.startswith(parts):
            raise failure(f"{source}: the tensor {name} of {what} is missing.")
    for name, found, expected in sorted(report["mismatched_keys"]):
        if name.startswith(parts):
            raise failure(f"{source}: the tensor {name} of {what} has the shape {tuple(found)}, not {tuple(expected)}.")
    for name in [] if may_hold_more else sorted(report["unexpected_keys"]):
        if not name.endswith(LEFTOVERS):
            raise failure(f"{source}: {name} is no tensor of {what}.")
    for name, tensor in network.state_dict().items():
        if name.startswith(parts):
            refuse_no_numbers(name, tensor, source=source, what=what, failure=failure)


def refuse_no_numbers(name: str, tensor: Tensor, *, source: object, what: str, failure: type[GenerationError]) -> None:
    """The error `failure` when a tensor holds NaN or infinity."""
    if not bool(torch.isfinite(tensor).all()):
        raise failure(f"{source}: the tensor {name} of {what} holds values that are no numbers.")


def shapes_of(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor that a network keeps."""
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
