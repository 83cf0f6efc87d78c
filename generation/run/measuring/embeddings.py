"""Bridge from stimulus sets to joint spaces: rows in, embeddings.npz out. Imported inside functions only."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from generation.encoders.spaces import JointSpace, SpaceOpening, TrainingFile, find_space
from generation.media import LocalFiles
from generation.models import Artwork, Clip, Dataset, Split
from generation.progress import Progress, quietly
from generation.run.measuring import rows


@dataclass(frozen=True)
class EmbeddedSet:
    """What `embed_set` wrote: the file, its counts, and whether its bytes are new."""

    path: Path
    images: int
    clips: int
    references: int
    changed: bool


def embed_set(*, name: str, space: str, progress: Progress = quietly) -> EmbeddedSet:
    """Write SETS_ROOT/<set>/<space>/embeddings.npz; equal rows, files and weights give equal bytes.

    Audio and reference rows are every clip, and every clip's reference artwork, of the splits and categories that the
    set's images come from, whether images were made of them or not. Raises StimulusSetError or EmbeddingError.
    """
    stimuli, stimulus_set = rows.find_stimuli(name)
    clips, pairs = rows.find_background(stimulus_set, stimuli)
    notes = ["No IIS: not every clip has a reference artwork of its category and split."] if pairs is None else []
    with ExitStack() as stack:
        local = LocalFiles(stack)
        opened = open_space(space, stimulus_set.dataset, local=local, progress=progress)
        images = rows.embed_rows(opened.embed_images, stimuli, local)
        audio = rows.embed_rows(opened.embed_audio, clips, local)
        artworks = [pair.artwork for pair in pairs or []]
        references = rows.embed_rows(opened.embed_images, artworks, local)
        description = opened.describe()
    row_of_clip = {clip.pk: row for row, clip in enumerate(clips)}
    row_of_pair = {pair.clip_id: row for row, pair in enumerate(pairs or [])}
    arrays = {
        "image_embeddings": images,
        "image_ids": rows.as_texts(rows.unique_ids([row.sha256 for row in stimuli])),
        "image_labels": rows.as_texts([row.category.name for row in stimuli]),
        "image_pieces": rows.as_texts([row.clip.piece_id for row in stimuli]),
        "audio_embeddings": audio,
        "audio_ids": rows.as_texts([clip.sha256 for clip in clips]),
        "audio_labels": rows.as_texts([clip.category.name for clip in clips]),
        "audio_pieces": rows.as_texts([clip.piece_id for clip in clips]),
        "partner": np.array([row_of_clip[row.clip_id] for row in stimuli], dtype=np.int64),
        "reference_embeddings": references if len(references) else np.zeros((0, images.shape[1]), dtype=np.float32),
        "reference_ids": rows.as_texts([row.sha256 for row in artworks]),
        "reference_labels": rows.as_texts([pair.clip.category.name for pair in pairs or []]),
        "reference_pieces": rows.as_texts([row.piece_id for row in artworks]),
        "reference_partner": np.array([row_of_pair.get(row.clip_id, -1) for row in stimuli], dtype=np.int64),
        "space": rows.describe(stimulus_set, stimuli, description, notes),
    }
    path, changed = rows.write_arrays(stimulus_set, space, "embeddings.npz", arrays)
    return EmbeddedSet(path, len(stimuli), len(clips), len(artworks), changed)


def open_space(name: str, dataset: Dataset, *, local: LocalFiles, progress: Progress = quietly) -> JointSpace:
    """The joint space of this name, fitted to the dataset's train split where it needs that."""
    opening = SpaceOpening(
        weights=Path(settings.WEIGHTS_ROOT),
        features=Path(settings.CACHE_ROOT) / "features",
        heads=Path(settings.SPACES_ROOT) / dataset.name,
        clips=lambda: _training_files(Clip.objects.filter(category__dataset=dataset), local),
        artworks=lambda: _training_files(Artwork.objects.filter(category__dataset=dataset), local),
        progress=progress,
    )
    return find_space(name)(opening)


def _training_files(rows: Any, local: LocalFiles) -> list[TrainingFile]:
    """Train-split rows of either kind, as far as their categories have both."""
    return [
        TrainingFile(local.path(str(row.file.name)), row.sha256, row.category.name, row.piece_id or row.sha256)
        for row in rows.filter(split=Split.TRAIN).select_related("category").order_by("sha256")
    ]
