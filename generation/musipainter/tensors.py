"""Putting a checkpoint's tensors into a network, or saying which of them does not fit."""

from collections.abc import Mapping

from torch import Tensor, nn

from generation.errors import CheckpointError
from generation.networks import check_tensors, shapes_of


def load_tensors(network: nn.Module, tensors: Mapping[str, Tensor], what: str) -> None:
    """Load all tensors of a network; CheckpointError names the first that does not fit (`check_tensors`)."""
    check_tensors(shapes_of(network), tensors, source="The checkpoint", what=what, failure=CheckpointError)
    network.load_state_dict(dict(tensors))
