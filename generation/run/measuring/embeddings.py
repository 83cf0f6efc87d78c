"""Bridge from stimulus sets to joint spaces: rows in, embeddings.npz out. Imported inside functions only."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage

from generation.demo import WEIGHTS
from generation.encoders.spaces.embedded import EmbeddedSpace, TrainingFile
from generation.encoders.spaces.space import JointSpace, Vectors
from generation.errors import EmbeddingError, MediaFileError, StimulusSetError
from generation.files.durable import write_durably
from generation.files.npz import npz_bytes
from generation.models import Artwork, Category, Clip, Dataset, MediaRow, ReferencePair, Split, Stimulus, StimulusSet
from generation.progress import Progress, quietly
from generation.spaces import SPACES, WAV2CLIP_WINDOWS

AUDIO_WEIGHTS = WEIGHTS / "musicnn-msd.safetensors"


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
    stimuli, stimulus_set = find_stimuli(name)
    clips, pairs = find_background(stimulus_set, stimuli)
    notes = []
    if pairs is None:
        notes.append("No IIS: not every clip has a reference artwork of its category and split.")
    with ExitStack() as stack:
        local = LocalFiles(stack)
        opened = open_space(space, stimulus_set.dataset, local=local, progress=progress)
        images = embed_rows(opened.embed_images, stimuli, local)
        audio = embed_rows(opened.embed_audio, clips, local)
        artworks = [pair.artwork for pair in pairs or []]
        references = embed_rows(opened.embed_images, artworks, local)
        description = opened.describe()
    row_of_clip = {clip.pk: row for row, clip in enumerate(clips)}
    row_of_pair = {pair.clip_id: row for row, pair in enumerate(pairs or [])}
    about = describe_set(stimulus_set, stimuli, description, notes)
    arrays = {
        "image_embeddings": images,
        "image_ids": as_texts(unique_ids([row.sha256 for row in stimuli])),
        "image_labels": as_texts([row.category.name for row in stimuli]),
        "audio_embeddings": audio,
        "audio_ids": as_texts([clip.sha256 for clip in clips]),
        "audio_labels": as_texts([clip.category.name for clip in clips]),
        "partner": np.array([row_of_clip[row.clip_id] for row in stimuli], dtype=np.int64),
        "reference_embeddings": references if len(references) else np.zeros((0, images.shape[1]), dtype=np.float32),
        "reference_ids": as_texts([row.sha256 for row in artworks]),
        "reference_labels": as_texts([pair.clip.category.name for pair in pairs or []]),
        "reference_partner": np.array([row_of_pair.get(row.clip_id, -1) for row in stimuli], dtype=np.int64),
        "space": np.array(json.dumps(about, ensure_ascii=False, sort_keys=True)),
    }
    path = Path(settings.SETS_ROOT) / stimulus_set.name / space / "embeddings.npz"
    data = npz_bytes(arrays)
    changed = not path.is_file() or path.read_bytes() != data
    if changed:
        write_durably(path, data)
    return EmbeddedSet(path, len(stimuli), len(clips), len(artworks), changed)


def open_space(name: str, dataset: Dataset, *, local: "LocalFiles", progress: Progress = quietly) -> JointSpace:
    """The joint space of this name, fitted to the dataset's train split where it needs that."""
    features = Path(settings.CACHE_ROOT) / "features"
    if name == "embedded":
        return EmbeddedSpace.open(
            audio_weights=AUDIO_WEIGHTS,
            clips=_training_files(Clip.objects.filter(category__dataset=dataset), local),
            artworks=_training_files(Artwork.objects.filter(category__dataset=dataset), local),
            heads=Path(settings.SPACES_ROOT) / dataset.name,
            features=features,
            progress=progress,
        )
    if name in WAV2CLIP_WINDOWS:
        # Here, because `embedded` needs none of transformers, which takes seconds to import.
        from generation.encoders.spaces.wav2clip import Wav2ClipSpace  # noqa: PLC0415

        return Wav2ClipSpace.open(
            Path(settings.WEIGHTS_ROOT), audio_windows=WAV2CLIP_WINDOWS[name], features=features, progress=progress
        )
    raise EmbeddingError(f'There is no space "{name}"; the spaces are {", ".join(SPACES)}.')


class LocalFiles:
    """Stored files as paths: where the storage is not this machine's disk, copies for as long as `stack` is open."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.folder: Path | None = None

    def path(self, name: str) -> Path:
        """EmbeddingError names a file that the storage does not have."""
        try:
            return Path(default_storage.path(name))
        except NotImplementedError:
            return self._copy(name)

    def _copy(self, name: str) -> Path:
        if self.folder is None:
            self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="paragone-")))
        target = self.folder / Path(name).name
        if not target.exists():
            try:
                with default_storage.open(name) as file:
                    target.write_bytes(file.read())
            except OSError as error:
                raise EmbeddingError(f"{name} is missing from the storage; import its dataset again.") from error
        return target


def find_stimuli(name: str) -> tuple[list[Stimulus], StimulusSet]:
    stimulus_set = StimulusSet.objects.select_related("dataset", "parent").filter(name=name).first()
    if stimulus_set is None:
        raise StimulusSetError(f"There is no stimulus set {name}.")
    if stimulus_set.status != StimulusSet.Status.READY:
        raise StimulusSetError(
            f"The stimulus set {name} is {stimulus_set.get_status_display()}; finish it with generate_stimuli first."
        )
    rows = stimulus_set.stimuli.select_related("category", "clip")
    stimuli = list(rows.order_by("category__order", "category__name", "clip__sha256", "index"))
    if not stimuli:
        raise StimulusSetError(f"The stimulus set {name} holds no images.")
    return stimuli, stimulus_set


def find_background(
    stimulus_set: StimulusSet, stimuli: Sequence[Stimulus]
) -> tuple[list[Clip], list[ReferencePair] | None]:
    """Every clip of the set's categories and splits, and its pair; None when a clip has no pair."""
    chosen = Clip.objects.filter(
        category__dataset=stimulus_set.dataset,
        category__in={row.category_id for row in stimuli},
        split__in=find_splits(stimulus_set, stimuli),
    )
    clips = list(chosen.select_related("category").order_by("category__order", "category__name", "sha256"))
    known = {clip.pk for clip in clips}
    if strays := [row for row in stimuli if row.clip_id not in known]:
        raise StimulusSetError(f"The image {strays[0]} belongs to a clip of another category or dataset.")
    pairs = {
        pair.clip_id: pair
        for pair in ReferencePair.objects.filter(clip__in=clips).select_related("artwork", "clip__category")
    }
    return clips, [pairs[clip.pk] for clip in clips] if len(pairs) == len(clips) else None


def find_splits(stimulus_set: StimulusSet, stimuli: Iterable[Stimulus]) -> list[str]:
    """Splits that the set was asked to be made from, and those that its images' clips lie in: train, val, test."""
    origin = stimulus_set.parent or stimulus_set
    asked = origin.settings.get("request", {}).get("splits", [])
    found = {row.clip.split for row in stimuli}.union(asked)
    return [split for split in Split.values if split in found]


def _training_files(rows: Any, local: LocalFiles) -> list[TrainingFile]:
    """Train-split rows of either kind, as far as their categories have both."""
    return [
        TrainingFile(local.path(str(row.file.name)), row.sha256, row.category.name, row.piece_id or row.sha256)
        for row in rows.filter(split=Split.TRAIN).select_related("category").order_by("sha256")
    ]


def embed_rows(
    embed: Callable[[Sequence[Path]], Vectors], rows: Sequence[MediaRow | Stimulus], local: LocalFiles
) -> Vectors:
    """Vectors of the rows' files, in order; a file that stands for several rows is embedded once."""
    files = {str(row.file.name): row for row in rows}
    if not files:
        return np.zeros((0, 0), dtype=np.float32)
    try:
        vectors = embed([local.path(name) for name in files])
    except (MediaFileError, EmbeddingError) as error:
        named = [f"{row._meta.verbose_name} {row}" for name, row in files.items() if Path(name).name in str(error)]
        raise EmbeddingError(f"{error}" + (f" (the {named[0]})" if named else "")) from error
    place = {name: number for number, name in enumerate(files)}
    return vectors[[place[str(row.file.name)] for row in rows]]


def unique_ids(hashes: Sequence[str]) -> list[str]:
    """Hashes as they are; the same image that stands for several clips gets `:0`, `:1` ... behind."""
    counts = Counter(hashes)
    seen: Counter[str] = Counter()
    ids = []
    for sha256 in hashes:
        ids.append(sha256 if counts[sha256] == 1 else f"{sha256}:{seen[sha256]}")
        seen[sha256] += 1
    return ids


def as_texts(values: Sequence[str]) -> np.ndarray:
    return np.array(values, dtype=str) if values else np.array([], dtype="<U1")


def describe_set(
    stimulus_set: StimulusSet, stimuli: Sequence[Stimulus], space: dict[str, Any], notes: Sequence[str]
) -> dict[str, Any]:
    """The `space` entry of embeddings.npz: the space, and what was embedded into it."""
    dataset = stimulus_set.dataset
    limits = [f'Known limits of the dataset "{dataset.name}" apply; they stand with it.'] if dataset.notes else []
    categories = Category.objects.filter(pk__in={row.category_id for row in stimuli}).order_by("order", "name")
    return space | {
        "set": stimulus_set.name,
        "dataset": dataset.name,
        "dataset_manifest_sha256": dataset.manifest_sha256,
        "splits": find_splits(stimulus_set, stimuli),
        "categories": [category.name for category in categories],
        "notes": [*space.get("notes", []), *limits, *notes],
    }
