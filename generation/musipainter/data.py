"""Training data: clips and artworks in categories, same-category pairs, and a cache of frozen features."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image
from torch import Tensor

from generation.errors import DatasetError, ImageError, MediaFileError
from generation.files import ArrayCache, Source, decode_image

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class MediaItem:
    """One file: a clip, an artwork or a content photograph (label and split empty).

    Attributes
    ----------
    sha256 : str
        Of the file's bytes.
    path : Path
        Where it lies on this machine.
    label : str
        Its category.
    split : str
        "train", "val" or "test".
    """

    sha256: str
    path: Path
    label: str = ""
    split: str = ""


def open_media(item: MediaItem) -> Source:
    """The file of an item, to be decoded.

    A stored file is named after the hash of its bytes. MediaFileError when it is gone, or when its bytes have changed:
    some formats that are cut off read as a shorter recording, which nobody would notice.
    """
    if item.path.stem != item.sha256 or len(item.sha256) != 64:
        return item.path
    try:
        data = item.path.read_bytes()
    except OSError as error:
        raise MediaFileError(
            f"cannot be read ({error.strerror}); import its dataset again, which restores it"
        ) from error
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise MediaFileError("has changed since it was imported; import its dataset again, which restores it")
    return BytesIO(data)


def open_image(item: MediaItem) -> Image.Image:
    """Decode an item's image.

    Parameters
    ----------
    item : MediaItem
        Named in errors by its file.

    Returns
    -------
    PIL.Image.Image
        Upright, RGB.

    Raises
    ------
    ImageError
        When the file is gone, has changed since its import, or is no image.
    """
    try:
        return decode_image(open_media(item))
    except MediaFileError as error:
        raise ImageError(f"{item.path.name}: {error}") from error


@dataclass(frozen=True)
class Pair:
    """A clip and an artwork of the same category.

    Attributes
    ----------
    clip, artwork : MediaItem
        What is heard, and what is to be painted.
    """

    clip: MediaItem
    artwork: MediaItem


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from and is chosen on. Validation pairs are fixed; train pairs are drawn every epoch.

    Attributes
    ----------
    clips, artworks : list of MediaItem
        The train split.
    validation : list of Pair
        Of the val split.

    Raises
    ------
    DatasetError
        When a category has clips and no artwork, or nothing can be validated.
    """

    clips: list[MediaItem]
    artworks: list[MediaItem]
    validation: list[Pair]

    def __post_init__(self) -> None:
        clips = {item.label for item in self.clips}
        artworks = {item.label for item in self.artworks}
        if not clips:
            raise DatasetError("The dataset has no clip in its train split.")
        if missing := sorted(clips - artworks):
            raise DatasetError(f'The category "{missing[0]}" has train clips, but no train artwork to pair them with.')
        if not self.validation:
            raise DatasetError(
                "The dataset has no validation pair: a category needs a clip and an artwork in its val split."
            )
        for pair in self.validation:
            if pair.clip.label != pair.artwork.label:
                raise DatasetError(f"Validation pair {pair.clip.sha256[:12]} mixes two categories.")
            if pair.clip.label not in clips:
                raise DatasetError(f'The category "{pair.clip.label}" has validation clips, but no train clip.')

    @property
    def labels(self) -> list[str]:
        """The categories, sorted."""
        return sorted({item.label for item in self.clips})

    def in_order(self) -> "TrainingData":
        """The same data by category and hash, whatever the order of the rows they came from."""
        return TrainingData(
            clips=sorted(self.clips, key=lambda clip: (clip.label, clip.sha256)),
            artworks=sorted(self.artworks, key=lambda artwork: (artwork.label, artwork.sha256)),
            validation=sorted(self.validation, key=lambda pair: (pair.clip.label, pair.clip.sha256)),
        )

    def sha256(self) -> str:
        """Hash over what is learnt from and chosen on: any other file, category or pair gives another hash."""
        lines = [
            *sorted(f"clip {item.sha256} {item.label}" for item in self.clips),
            *sorted(f"artwork {item.sha256} {item.label}" for item in self.artworks),
            *sorted(f"pair {pair.clip.sha256} {pair.artwork.sha256} {pair.clip.label}" for pair in self.validation),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def epoch_clips(clips: Sequence[MediaItem], count: int | None, generator: torch.Generator) -> list[MediaItem]:
    """The clips of one epoch: one shuffled pass over all, or `count` from as many shuffled passes as it takes."""
    wanted = len(clips) if count is None else count
    order: list[int] = []
    while len(order) < wanted:
        order += torch.randperm(len(clips), generator=generator).tolist()
    return [clips[position] for position in order[:wanted]]


def draw_partners(
    clips: Sequence[MediaItem], artworks: Sequence[MediaItem], generator: torch.Generator
) -> list[MediaItem]:
    """For each clip an artwork drawn uniformly from those of its category (section 3.1 of the paper)."""
    by_label: dict[str, list[MediaItem]] = defaultdict(list)
    for artwork in artworks:
        by_label[artwork.label].append(artwork)
    partners = []
    for clip in clips:
        choices = by_label[clip.label]
        partners.append(choices[int(torch.randint(len(choices), (), generator=generator))])
    return partners


class FeatureCache(ArrayCache):
    """Frozen features on disk, under the hash of the media file and of all that makes the features what they are.

    Parameters
    ----------
    root : Path or None
        Its folder; None keeps nothing.
    """

    def fetch(self, sha256: str, identity: dict[str, Any], compute: Callable[[], Tensor]) -> Tensor:
        """The stored tensor, or the computed one, which is then stored; see `ArrayCache.fetch_array`."""
        return torch.from_numpy(self.fetch_array(sha256, identity, lambda: compute().numpy()))


def pool_sha256(items: Iterable[MediaItem]) -> str:
    """Hash of a pool of files, whatever their order.

    Parameters
    ----------
    items : iterable of MediaItem
        Only their hashes matter.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256("\n".join(sorted(item.sha256 for item in items)).encode()).hexdigest()
