"""The `embedded` space: musicnn hears, EfficientNet-Lite2 sees, and a small head fitted on the train split joins them.

It needs no download and runs on a laptop. What it can say is limited: it is fitted to tell one dataset's categories
apart, from that dataset's own train split, and its values compare with no other space's.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.demo import WEIGHTS
from generation.encoders.features import EfficientNetExtractor, FeatureCache, Features, MusicnnExtractor
from generation.encoders.spaces.head import Head, Side, fit_head
from generation.encoders.spaces.space import SpaceOpening, TrainingFile, Vectors, to_unit_rows
from generation.errors import EmbeddingError
from generation.files import write_durably
from generation.progress import Progress, quietly

NAME = "embedded"
AUDIO_WEIGHTS = WEIGHTS / "musicnn-msd.safetensors"
NOTES = (
    "Another space than the paper's: not comparable with the paper's Table 1.",
    "The space is fitted to tell this dataset's categories apart by its train split; whatever separates them there, "
    "production style included, counts as a fit between music and image.",
    "Images of a model that was trained on this dataset share their training artworks (not their weights) with this "
    "space: generator and judge are not independent.",
)


class EmbeddedSpace:
    """A fitted space; see `generation.encoders.spaces.space.JointSpace`.

    Parameters
    ----------
    audio : MusicnnExtractor
        Hears: 200 numbers.
    image : EfficientNetExtractor
        Sees: 1280 numbers.
    head : Head
        Joins them.
    fitted_on : dict
        Counts and hash of the train split, as JSON.
    cache : FeatureCache
        Read and filled.
    progress : Progress
        Shows the work.
    """

    name = NAME

    def __init__(
        self,
        audio: MusicnnExtractor,
        image: EfficientNetExtractor,
        head: Head,
        *,
        fitted_on: dict[str, Any],
        cache: FeatureCache,
        progress: Progress = quietly,
    ) -> None:
        self.audio, self.image, self.head = audio, image, head
        self.fitted_on, self.cache, self.progress = fitted_on, cache, progress

    @classmethod
    def open(cls, opening: SpaceOpening) -> "EmbeddedSpace":
        """The space of a train split: its stored head, else one fitted now and stored in the opening's `heads`.

        Raises
        ------
        EmbeddingError
            When the split has too little to fit a head.
        """
        audio, image = MusicnnExtractor(AUDIO_WEIGHTS), EfficientNetExtractor()
        cache, progress = FeatureCache(opening.features), opening.progress
        clips, artworks = opening.clips(), opening.artworks()
        fitted_on: dict[str, Any] = {"split": "train", "clips": len(clips), "artworks": len(artworks)}
        fitted_on["sha256"] = _listing_sha256(clips, artworks)
        key = json.dumps([fitted_on, audio.describe(), image.describe()], sort_keys=True)
        path = opening.heads / f"{NAME}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
        head = _read_head(path)
        if head is None:
            sides = []
            for extractor, files, what in ((audio, clips, "Hearing"), (image, artworks, "Seeing")):
                # In one order, whatever the order of the rows they come from.
                files = sorted(files, key=lambda item: item.sha256)
                if not files:
                    raise EmbeddingError("The train split has no music or no art; the embedded space needs both.")
                paths = [file.path for file in files]
                found = cache.extract_all(extractor, paths, progress=progress, what=f"{what} the train split")
                sides.append(_make_side(files, found))
            head = fit_head(*sides)
            write_durably(path, head.to_bytes())
        return cls(audio, image, head, fitted_on=fitted_on, cache=cache, progress=progress)

    def embed_audio(self, paths: Sequence[Path]) -> Vectors:
        features = self.cache.extract_all(self.audio, paths, progress=self.progress, what="Hearing")
        return to_unit_rows(torch.from_numpy(self.head.audio(features)))

    def embed_images(self, paths: Sequence[Path]) -> Vectors:
        features = self.cache.extract_all(self.image, paths, progress=self.progress, what="Seeing")
        return to_unit_rows(torch.from_numpy(self.head.image(features)))

    def describe(self) -> dict[str, Any]:
        audio, image = self.audio.describe(), self.image.describe()
        return {
            "name": NAME,
            "weights": audio["weights"] | image["weights"],
            "options": {
                "audio": audio["features"],
                "image": image["features"],
                "head": self.head.describe() | {"fitted_on": self.fitted_on},
            },
            "versions": audio["versions"] | image["versions"],
            "notes": list(NOTES),
        }


def _make_side(files: Sequence[TrainingFile], features: Features) -> Side:
    return Side(features.astype(np.float64), [file.label for file in files], [file.piece for file in files])


def _listing_sha256(*groups: Sequence[TrainingFile]) -> str:
    lines = [sorted(f"{file.label}\t{file.piece}\t{file.sha256}" for file in group) for group in groups]
    return hashlib.sha256("\n\n".join("\n".join(group) for group in lines).encode()).hexdigest()


def _read_head(path: Path) -> Head | None:
    try:
        return Head.from_bytes(path.read_bytes())
    except FileNotFoundError:
        return None
    except Exception as error:
        raise EmbeddingError(f"{path} is not a stored head; delete it, and it is fitted again.") from error
