"""Published weight files: finding them, knowing them by their hash, and filling a network with nothing but tensors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from generation.errors import EmbeddingError
from generation.networks import check_tensors, read_tensors, shapes_of

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
    return read_tensors(path, what=what, failure=EmbeddingError)


def fill_network(
    network: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    path: Path,
    what: str,
    prefixes: Mapping[str, str] | None = None,
) -> None:
    """Give `network`, built on the meta device, the tensors of a file: float32, frozen, in eval mode.

    prefixes: how names of the network begin -> how the file's begin instead, e.g. {"encoder.": "audio_encoder."}.
    Tensors of the file that the network has no use for are left alone.
    Raises EmbeddingError naming the first tensor that is missing, has another shape or holds no numbers.
    """
    own_names = {own: _name_in_file(own, prefixes or {}) for own in network.state_dict()}
    counters = {own: name for own, name in own_names.items() if own.endswith(BATCH_COUNTER)}
    shapes = {own_names[own]: shape for own, shape in shapes_of(network).items() if own not in counters}
    check_tensors(shapes, tensors, source=path, what=what, failure=EmbeddingError, may_hold_more=True)
    state = {own: tensors[name].to(torch.float32, copy=True) for own, name in own_names.items() if own not in counters}
    network.load_state_dict(state | {own: torch.zeros((), dtype=torch.int64) for own in counters}, assign=True)
    network.eval().requires_grad_(False)


def _name_in_file(own: str, prefixes: Mapping[str, str]) -> str:
    begin, instead = next((pair for pair in prefixes.items() if own.startswith(pair[0])), ("", ""))
    return instead + own.removeprefix(begin)
