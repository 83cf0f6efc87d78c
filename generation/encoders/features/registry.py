"""Features of single images for distances between sets of images (FID, KID, precision and recall, ...), by name.

Each kind of features has its own name. A distance is called FID only for features of the published FID Inception, with
the convention they were made by. To add a kind: a module with a function `open_...(weights_dir, other_weights=)` that
returns a `DistributionExtractor`, and a line here.
"""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from generation.errors import EmbeddingError

if TYPE_CHECKING:
    from generation.encoders.features.cache import DistributionExtractor

FEATURES = {
    "efficientnet-lite2": "generation.encoders.features.efficientnet:open_efficientnet",
    "inception-pytorch-fid": "generation.encoders.features.inception:open_pytorch_fid",
    "inception-torch-fidelity": "generation.encoders.features.inception:open_torch_fidelity",
    "inception-clean-fid": "generation.encoders.features.inception:open_clean_fid",
}


def find_features(name: str) -> "Callable[..., DistributionExtractor]":
    """What opens the features of this name; EmbeddingError lists the names there are.

    Parameters
    ----------
    name : str
        A key of `FEATURES`.

    Returns
    -------
    callable
        `open(weights_dir, other_weights=False)` gives the `DistributionExtractor`.

    Raises
    ------
    EmbeddingError
        Lists the names there are.
    """
    if name not in FEATURES:
        raise EmbeddingError(f"Features for distances are {', '.join(FEATURES)}; there is no {name!r}.")
    return resolve_name(FEATURES[name])
