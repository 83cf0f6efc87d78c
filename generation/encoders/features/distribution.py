"""Images as one network sees them, for distances between sets of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.encoders.features.cache import DistributionExtractor, FeatureCache, Features
from generation.encoders.features.registry import find_features
from generation.progress import Progress, quietly


class DistributionFeatures:
    """Images as one network sees them; rows are not of length 1.

    Parameters
    ----------
    name : str
        A key of `FEATURES`.
    extractor : DistributionExtractor
        The network.
    cache : FeatureCache
        Read and filled.
    progress : Progress
        Shows the work.
    """

    def __init__(
        self, name: str, extractor: DistributionExtractor, *, cache: FeatureCache, progress: Progress = quietly
    ) -> None:
        self.name, self.extractor, self.cache, self.progress = name, extractor, cache, progress

    @classmethod
    def open(
        cls,
        name: str,
        weights_dir: Path,
        *,
        features: Path | None,
        other_weights: bool = False,
        progress: Progress = quietly,
    ) -> "DistributionFeatures":
        """The network of one of `registry.FEATURES`.

        Parameters
        ----------
        name : str
            Of the features.
        weights_dir : Path
            Folder of the weights that a site fetches for itself.
        features : Path or None
            Folder of the feature cache; None keeps nothing.
        other_weights : bool
            See `InceptionExtractor`.

        Raises
        ------
        EmbeddingError
            That says in one line what is missing.
        """
        extractor = find_features(name)(weights_dir, other_weights=other_weights)
        return cls(name, extractor, cache=FeatureCache(features), progress=progress)

    @property
    def distance_name(self) -> str:
        """What the Fréchet distance between two sets of these rows is called."""
        return self.extractor.distance_name

    def embed_images(self, paths: Sequence[Path]) -> Features:
        """Image files (n) to rows (n, d), float32: d is 2048 for Inception, 1280 for EfficientNet-Lite2."""
        return self.cache.extract_all(self.extractor, paths, progress=self.progress, what="Seeing")

    def describe(self) -> dict[str, Any]:
        """What the numbers depend on, with the same keys as a joint space's description and `distance_name`."""
        description = self.extractor.describe()
        return {
            "name": self.name,
            "distance_name": self.distance_name,
            "weights": description["weights"],
            "options": {"image": description["features"]},
            "versions": description["versions"],
            "notes": self.extractor.notes,
        }
