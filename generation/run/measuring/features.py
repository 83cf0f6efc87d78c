"""Bridge from stimulus sets to features of single images: rows in, features.npz out. Imported inside functions only."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

from generation.encoders.features import RECIPES, DistributionFeatures
from generation.media import LocalFiles
from generation.progress import Progress, quietly
from generation.run.measuring import rows

FEATURES = "features.npz"
# The convention of the tool that the paper names.
DEFAULT, ELSE = "inception-pytorch-fid", "efficientnet-lite2"


@dataclass(frozen=True)
class FeatureFile:
    """What `extract_features` wrote: the file, its counts, what its distance is called, whether its bytes are new."""

    path: Path
    images: int
    references: int
    distance_name: str
    changed: bool


def default_features() -> str:
    """Inception with pytorch-fid's convention where its weights file lies in WEIGHTS_ROOT, else EfficientNet-Lite2."""
    folder = Path(settings.WEIGHTS_ROOT)
    there = any((folder / name).is_file() for name in RECIPES["pytorch-fid"].file_names)
    return DEFAULT if there else ELSE


def extract_features(*, name: str, features: str, progress: Progress = quietly) -> FeatureFile:
    """Write SETS_ROOT/<set>/<features>/features.npz; equal rows, files and weights give equal bytes.

    References are the distinct artworks that belong to the clips of the set's categories and splits. Raises
    StimulusSetError or EmbeddingError.
    """
    stimuli, stimulus_set = rows.find_stimuli(name)
    _, pairs = rows.find_background(stimulus_set, stimuli)
    lacking = "No distances: not every clip has a reference artwork of its category and split."
    notes = [lacking] if pairs is None else []
    artworks = {(pair.artwork.sha256, pair.clip.category.name): pair.artwork for pair in pairs or []}
    opened = DistributionFeatures.open(
        features, Path(settings.WEIGHTS_ROOT), features=Path(settings.CACHE_ROOT) / "features", progress=progress
    )
    with ExitStack() as stack:
        local = LocalFiles(stack)
        images = rows.embed_rows(opened.embed_images, stimuli, local)
        references = rows.embed_rows(opened.embed_images, list(artworks.values()), local)
    arrays = {
        "image_features": images,
        "image_ids": rows.as_texts(rows.unique_ids([row.sha256 for row in stimuli])),
        "image_labels": rows.as_texts([row.category.name for row in stimuli]),
        "image_clips": rows.as_texts([row.clip.sha256 for row in stimuli]),
        "image_pieces": rows.as_texts([row.clip.piece_id for row in stimuli]),
        "reference_features": references if len(references) else np.zeros((0, images.shape[1]), dtype=np.float32),
        "reference_ids": rows.as_texts([sha256 for sha256, _ in artworks]),
        "reference_labels": rows.as_texts([category for _, category in artworks]),
        "reference_pieces": rows.as_texts([row.piece_id for row in artworks.values()]),
        "features": rows.describe(stimulus_set, stimuli, opened.describe(), notes),
    }
    path, changed = rows.write_arrays(stimulus_set, features, FEATURES, arrays)
    return FeatureFile(path, len(stimuli), len(artworks), opened.distance_name, changed)
