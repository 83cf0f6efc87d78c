"""What the frozen networks of this package share while they embed."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.errors import EmbeddingError


def to_unit_rows(rows: Tensor) -> NDArray[np.float32]:
    """(n, d) -> (n, d) with every row divided by its length, computed in float64.

    Raises EmbeddingError for a row that has no direction: all zeros, or values that are no numbers.
    """
    rows = rows.double()
    norms = rows.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(norms).all() and (norms > 0).all()):
        raise EmbeddingError("The network gave an embedding without a direction: its weights cannot be right.")
    return (rows / norms).float().numpy()
