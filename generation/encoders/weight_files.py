"""Published weight files: finding them, knowing them by their hash, and filling a network with nothing but tensors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from generation.errors import EmbeddingError, first_line

# Counts training batches; inference never reads it, and some published files lack it.
BATCH_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class WeightFile:
    """A weight file by its hash, which stands beside every number made with it.

    `published`: whether it is byte for byte the file that its makers publish; None where no such hash is known.
    """

    path: Path
    sha256: str
    published: bool | None

    @classmethod
    def read(cls, path: Path, published_sha256: str | None = None) -> "WeightFile":
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path, sha256, None if published_sha256 is None else sha256 == published_sha256)


def find_file(folder: Path, names: Sequence[str], *, what: str) -> Path:
    """The first of `names` that lies in `folder`; EmbeddingError says what to put there."""
    for name in names:
        if (path := folder / name).is_file():
            return path
    raise EmbeddingError(f"There are no {what} weights: put {' or '.join(names)} into {folder}.")


def load_tensors(path: Path, *, what: str) -> dict[str, Tensor]:
    """All tensors of a file by name; nothing in it is executed. EmbeddingError when it holds anything else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise EmbeddingError(f"There is no weights file {path}.") from error
    except Exception as error:  # torch and pickle raise a dozen kinds for a file of another sort
        raise EmbeddingError(f"{path} cannot be read as {what} weights ({first_line(error)}).") from error
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise EmbeddingError(f"{path} is no {what} weights file: it is not a table of named tensors.")
    return state


def fill_network(
    network: nn.Module, tensors: Mapping[str, Tensor], *, path: Path, prefixes: Mapping[str, str] | None = None
) -> None:
    """Give `network`, built on the meta device, the tensors of a file: float32, frozen, in eval mode.

    prefixes: how names of the network begin -> how the file's begin instead, e.g. {"encoder.": "audio_encoder."}.
    Tensors of the file that the network has no use for are left alone.
    Raises EmbeddingError naming the first tensor that is missing, has another shape or holds no numbers.
    """
    state: dict[str, Tensor] = {}
    for own, expected in network.state_dict().items():
        if own.endswith(BATCH_COUNTER):
            state[own] = torch.zeros((), dtype=torch.int64)
            continue
        begin, instead = next((pair for pair in (prefixes or {}).items() if own.startswith(pair[0])), ("", ""))
        name = instead + own.removeprefix(begin)
        if name not in tensors:
            raise EmbeddingError(f"{path}: tensor {name} is missing.")
        tensor = tensors[name]
        if tensor.shape != expected.shape:
            raise EmbeddingError(f"{path}: tensor {name} is {tuple(tensor.shape)}, not {tuple(expected.shape)}.")
        if not torch.isfinite(tensor).all():
            raise EmbeddingError(f"{path}: tensor {name} holds values that are no numbers.")
        state[own] = tensor.to(torch.float32, copy=True)
    network.load_state_dict(state, assign=True)
    network.eval().requires_grad_(False)
