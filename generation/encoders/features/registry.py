"""Features of single images for distances between sets of images (FID, KID, precision and recall, ...).

Each kind of features has its own name. A distance is called FID only for features of the published FID Inception, with
the convention they were made by. With EfficientNet-Lite2, whose weights come with the extra `generation`, it is the
Fréchet distance of another network and comparable with no published FID.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.encoders.features.cache import FeatureCache, Features
from generation.encoders.features.efficientnet import EfficientNetExtractor
from generation.encoders.features.inception import CONVENTIONS, InceptionExtractor
from generation.errors import EmbeddingError
from generation.progress import Progress, quietly

EFFICIENTNET = "efficientnet-lite2"
INCEPTION = {f"inception-{convention}": convention for convention in CONVENTIONS}
NAMES = (EFFICIENTNET, *INCEPTION)
EFFICIENTNET_NOTE = "Not FID: another network than FID's; comparable with no published FID."


class DistributionFeatures:
    """Images as one network sees them; rows are not of length 1."""

    def __init__(
        self,
        name: str,
        extractor: EfficientNetExtractor | InceptionExtractor,
        *,
        cache: FeatureCache,
        progress: Progress = quietly,
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
        """The network called `name`, one of NAMES; Inception's weights lie in `weights_dir`.

        features: folder of the feature cache, or None to keep nothing. other_weights: see InceptionExtractor.
        Raises EmbeddingError that says in one line what is missing.
        """
        if name not in NAMES:
            raise EmbeddingError(f"Features for distances are {', '.join(NAMES)}; there is no {name!r}.")
        extractor: EfficientNetExtractor | InceptionExtractor
        if name == EFFICIENTNET:
            extractor = EfficientNetExtractor()
        else:
            extractor = InceptionExtractor.find(weights_dir, convention=INCEPTION[name], other_weights=other_weights)
        return cls(name, extractor, cache=FeatureCache(features), progress=progress)

    @property
    def distance_name(self) -> str:
        """What the Fréchet distance between two sets of these rows is called; other names never share its column."""
        if isinstance(self.extractor, EfficientNetExtractor):
            return "Fréchet distance (EfficientNet-Lite2)"
        convention = self.extractor.convention
        if self.extractor.weights.published:
            return f"FID ({convention})"
        return f"Fréchet distance (Inception as {convention}, other weights)"

    def embed_images(self, paths: Sequence[Path]) -> Features:
        """Image files -> (n, 2048) for Inception, (n, 1280) for EfficientNet-Lite2, float32."""
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
            "notes": self._notes(),
        }

    def _notes(self) -> list[str]:
        return [EFFICIENTNET_NOTE] if isinstance(self.extractor, EfficientNetExtractor) else self.extractor.notes
