"""Putting stored tensors into a network, or saying which of them does not fit."""

from collections.abc import Mapping

from torch import Tensor, nn

from generation.errors import CheckpointError


def load_tensors(network: nn.Module, tensors: Mapping[str, Tensor], what: str) -> None:
    """Load all tensors of a network; CheckpointError names the first that is missing, unknown or of another shape."""
    own = network.state_dict()
    for name in sorted(own.keys() - tensors.keys()):
        raise CheckpointError(f"The checkpoint lacks the tensor {name} of {what}.")
    for name in sorted(tensors.keys() - own.keys()):
        raise CheckpointError(f"The checkpoint's {name} is no tensor of {what}.")
    for name, tensor in own.items():
        if tensors[name].shape != tensor.shape:
            raise CheckpointError(
                f"The checkpoint's {name} has the shape {tuple(tensors[name].shape)}, "
                f"{what} needs {tuple(tensor.shape)}."
            )
    network.load_state_dict(dict(tensors))
