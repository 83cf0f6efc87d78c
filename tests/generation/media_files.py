"""Small real sound and image files for tests; equal arguments give equal bytes."""

import csv
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image


def write_tone(path: Path, *, hertz: float = 440.0, seconds: float = 3.2, rate: int = 8_000) -> Path:
    """A sine of half amplitude; the format follows the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(round(seconds * rate)) / rate
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * t), rate)
    return path


def write_picture(path: Path, *, seed: int = 0, size: tuple[int, int] = (80, 64)) -> Path:
    """Coarse random patches of colour; the format follows the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    patches = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(patches).resize(size, Image.Resampling.NEAREST).save(path)
    return path


def write_folder(root: Path, categories: dict[str, tuple[int, int]], *, content: int = 0) -> Path:
    """A dataset folder: category -> (clips, images), all files different."""
    seed = 0
    for category, (clips, images) in categories.items():
        for n in range(clips):
            seed += 1
            write_tone(root / category / "audio" / f"clip-{n}.wav", hertz=200 + 10 * seed)
        for n in range(images):
            seed += 1
            write_picture(root / category / "images" / f"art-{n}.png", seed=seed)
    for n in range(content):
        write_picture(root / "content" / f"photo-{n}.jpg", seed=10_000 + n)
    return root


def write_manifest(path: Path, rows: list[dict[str, str]]) -> Path:
    """A manifest with the columns that the rows use."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path
