"""What every bridge to torch opens first: a checkpoint's networks, photographs, media and caches of this site.

Imported inside functions only.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings as site

from generation import musipainter
from generation.demo import PACK
from generation.errors import CheckpointError, GenerationError, explain_os_error
from generation.media import LocalFiles
from generation.models import Artwork, Checkpoint, Clip, Dataset
from generation.musipainter import FeatureCache, MediaItem, MusipainterPipeline, Opening, Parts, Preset
from generation.musipainter.backbones import find_backbone
from generation.musipainter.training import run_stands
from generation.names import is_short_name
from generation.processes import local_rank
from generation.stimuli import find_trained

BUILT_IN_PHOTOS = PACK / "content"


def ignore(value: Any) -> None:
    """Listens to nobody."""


@dataclass(frozen=True)
class PhotoPool:
    """The photographs that a style-transfer backbone paints on."""

    name: str
    items: list[MediaItem]

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "sha256": musipainter.pool_sha256(self.items), "size": len(self.items)}


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of this run; CheckpointError when there is none."""
    begun = is_short_name(name) and run_stands(Path(site.RUNS_ROOT) / name) == "begun"
    return find_trained(name, unfinished=begun)


def settings_of(row: Checkpoint, *, set_seed: int, batch_size: int, painting: Mapping[str, Any]) -> Any:
    """How a checkpoint's backbone is to paint."""
    preset = musipainter.preset_of_run(row.config)
    backbone = find_backbone(preset.backbone)
    return backbone.settle_painting(preset, set_seed=set_seed, batch_size=batch_size, choices=painting)


def open_pipeline(
    row: Checkpoint, dataset: Dataset, local: LocalFiles, settings: Any, *, say: Callable[[str], None] = ignore
) -> tuple[MusipainterPipeline, PhotoPool]:
    """A checkpoint ready to paint with these settings.

    CheckpointError when its files are not those that its row was written for, or its device is not here.
    """
    preset = musipainter.preset_of_run(row.config)
    pool = find_photos(preset, dataset, local)
    device = getattr(settings, "device", "cpu")
    parts = open_parts(preset, settings, device=device, photos=pool.items, say=say)
    checkpoint = musipainter.load_checkpoint(checkpoint_dir(row), parts)
    if checkpoint.weights_sha256 != row.weights_sha256:
        raise CheckpointError(
            f"The weights of {row.name} are not those that were registered: the file has the hash "
            f"{checkpoint.weights_sha256[:12]}, the row {row.weights_sha256[:12]}."
        )
    return MusipainterPipeline(checkpoint, feature_cache()), pool


def open_parts(
    preset: Preset, settings: Any, *, device: str, photos: Sequence[MediaItem] = (), say: Callable[[str], None] = ignore
) -> Parts:
    """The preset's frozen parts, large ones on the device; says so when that will be slow.

    settings: what large networks compute with, a `LargeConfig` or how their backbone paints.
    """
    opening = Opening(Path(site.WEIGHTS_ROOT), site.DIFFUSION_MODEL, photos)
    if not find_backbone(preset.backbone).is_large:
        return musipainter.build_parts(preset, opening)
    chosen = musipainter.choose_device(device)
    if chosen.type == "cpu":
        say(musipainter.SLOW_ON_CPU)
    place = f"cuda:{local_rank()}" if chosen.type == "cuda" and chosen.index is None else str(chosen)
    large = {name: getattr(settings, name) for name in ("precision", "channels_last", "compiled")}
    with musipainter.explained_memory(
        f"loading the networks on {place}", "free memory there, or choose another --device"
    ):
        return musipainter.build_parts(preset, replace(opening, device=place, **large))


def checkpoint_dir(row: Checkpoint) -> Path:
    """The run folder of a checkpoint."""
    return Path(site.DATA_DIR) / row.run_dir


def find_photos(preset: Preset, dataset: Dataset, local: LocalFiles) -> PhotoPool:
    """The dataset's content images; where it has none, those that come with Paragone."""
    if not find_backbone(preset.backbone).paints_on_photos:
        return PhotoPool("none", [])
    rows = list(dataset.contents.order_by("sha256"))
    if rows:
        return PhotoPool(dataset.name, [MediaItem(row.sha256, local.path(str(row.file.name))) for row in rows])
    files = sorted(BUILT_IN_PHOTOS.glob("*.jpg"))
    return PhotoPool("Paragone", [MediaItem(hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in files])


def feature_cache() -> FeatureCache:
    """The cache of frozen features; may be deleted at any time."""
    return FeatureCache(Path(site.CACHE_ROOT) / "musipainter")


def media_item(row: Clip | Artwork, local: LocalFiles) -> MediaItem:
    """A clip or artwork with its file on this machine, as model code takes it."""
    return MediaItem(row.sha256, local.path(str(row.file.name)), row.category.name, row.split)


@contextmanager
def naming_full_disks(what: str) -> Iterator[None]:
    """Turns an error of the file system inside the block into one line: what cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise GenerationError(
            f"{explain_os_error(error, f'The {what}')} and start again: what was written before stays, and the work "
            "goes on from there."
        ) from error
