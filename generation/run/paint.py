"""The bridge from any music file to images in a folder, without rows. Imported inside functions only."""

import hashlib
import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

from generation import media
from generation.datasets import refuse_short
from generation.errors import AudioError, DatasetError, ImageError, StimulusSetError
from generation.files import SheetImage, draw_sheet, judge_sound, png_bytes, refuse_uniform, write_durably
from generation.media import LocalFiles
from generation.musipainter import json_bytes
from generation.run.opening import find_checkpoint, ignore, naming_full_disks, open_pipeline, settings_of
from generation.run.provenance import describe_code, describe_model
from generation.seeds import check_seed, image_seed


def paint_file(
    *,
    audio: Path,
    checkpoint_name: str,
    out: Path,
    count: int = 4,
    seed: int = 0,
    start: float = 0.0,
    batch_size: int = 4,
    painting: Mapping[str, Any] = MappingProxyType({}),
    say: Callable[[str], None] = ignore,
) -> list[Path]:
    """Paint `count` images of any music file into a folder: images, grid.png and provenance.json. Writes no rows.

    start: second at which the window that is heard begins. The first `count` photographs of the seed's order are used.
    """
    if count < 1:
        raise StimulusSetError(f"At least 1 image must be asked for, not {count}.")
    if batch_size < 1:
        raise StimulusSetError(f"The batch size must be at least 1, not {batch_size}.")
    if not 0 <= start < math.inf:
        raise StimulusSetError(f"The music cannot be heard from second {start:g}.")
    check_seed(seed)
    if out.exists() and not out.is_dir():
        raise StimulusSetError(f"{out} is a file; --out takes a folder.")
    row = find_checkpoint(checkpoint_name)
    try:
        sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{audio} cannot be read ({error.strerror}).") from error
    _refuse(audio, lambda: judge_sound(audio))
    with ExitStack() as stack:
        settings = settings_of(row, set_seed=seed, batch_size=min(batch_size, count), painting=painting)
        pipeline, pool = open_pipeline(row, row.dataset, LocalFiles(stack), settings, say=say)
        token, seconds = pipeline.audio_token_of_file(audio, start=start)
        _refuse(audio, lambda: refuse_short(seconds, where=f" from second {start:g} on"))
        seeds = [image_seed(seed, sha256, index) for index in range(count)]
        paintings = pipeline.backbone.render(token.expand(count, -1), seeds, settings, places=list(range(count)))
    for number, item in enumerate(paintings, start=1):
        try:
            refuse_uniform(item.image)
        except ImageError as error:
            line = (
                f"Image {number} of {audio.name} {error}; nothing was written. Take another --seed or other settings."
            )
            raise StimulusSetError(line) from error
    files = {f"{number:02d}.png": png_bytes(item.image) for number, item in enumerate(paintings, start=1)}
    provenance = {
        "schema": "paragone-paint/1",
        "file": audio.name,
        "audio": {"sha256": sha256, "window_start_s": start, "window_s": round(seconds, 3)},
        "set_seed": seed,
        "photos": pool.describe(),
        **describe_model(row, pipeline),
        **describe_code(),
        "images": [
            {"file": name, "sha256": media.sha256_of(data), "seed": image_seed_, "painting": item.choices}
            for (name, data), image_seed_, item in zip(files.items(), seeds, paintings, strict=True)
        ],
    }
    files["grid.png"] = draw_sheet([SheetImage(data) for data in files.values()], columns=min(count, 4))
    files["provenance.json"] = json_bytes(provenance)
    with naming_full_disks(f"images in {out}"):
        for name, data in files.items():
            write_durably(out / name, data)
    return [out / name for name in files]


def _refuse(audio: Path, judge: Callable[[], object]) -> None:
    """AudioError that names the file, where `judge` finds that it cannot be used."""
    try:
        judge()
    except AudioError as error:
        raise AudioError(f"{audio.name}: {error}") from error
