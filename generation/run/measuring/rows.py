"""Rows of a stimulus set as lists of files to embed."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from generation.encoders.spaces import Vectors
from generation.errors import EmbeddingError, MediaFileError, StimulusSetError
from generation.files import npz_bytes, write_durably
from generation.media import LocalFiles
from generation.models import Category, Clip, MediaRow, ReferencePair, Split, Stimulus, StimulusSet
from generation.run.provenance import describe_measured
from generation.stimuli import find_set, set_folder


def find_stimuli(name: str) -> tuple[list[Stimulus], StimulusSet]:
    stimulus_set = find_set(name)
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


def describe(
    stimulus_set: StimulusSet, stimuli: Sequence[Stimulus], network: dict[str, Any], notes: Sequence[str]
) -> np.ndarray:
    """The text entry of a file of vectors that says what they are (`describe_measured`)."""
    categories = Category.objects.filter(pk__in={row.category_id for row in stimuli}).order_by("order", "name")
    about = describe_measured(stimulus_set, list(categories), find_splits(stimulus_set, stimuli), network, notes)
    return np.array(json.dumps(about, ensure_ascii=False, sort_keys=True))


def write_arrays(
    stimulus_set: StimulusSet, network: str, file: str, arrays: dict[str, np.ndarray]
) -> tuple[Path, bool]:
    """Write SETS_ROOT/<set>/<network>/<file>; the path, and whether its bytes are new."""
    path = set_folder(stimulus_set.name) / network / file
    return path, write_if_new(path, npz_bytes(arrays))


def write_if_new(path: Path, data: bytes) -> bool:
    """Write a file unless it holds these bytes already; whether it was written."""
    changed = not path.is_file() or path.read_bytes() != data
    if changed:
        write_durably(path, data)
    return changed
