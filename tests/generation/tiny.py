"""A dataset, a training and a set so small that whole commands run in seconds: real files, real networks."""

from pathlib import Path

from django.core.management import call_command

from generation.models import Dataset
from tests.generation.media_files import write_manifest, write_picture, write_tone

CATEGORIES = ("Bright", "Dark")
# Three epochs of two steps instead of thirty of ten.
SHORT = {"epochs": 3, "steps_per_epoch": 2, "batch_size": 4}


def write_dataset(root: Path, *, clips: tuple[int, int, int] = (3, 1, 2), contents: int = 3) -> Path:
    """A manifest of two categories with so many train, val and test clips, artworks, and photographs without one."""
    rows = []
    number = 0
    for category in CATEGORIES:
        for split, count in zip(("train", "val", "test"), clips, strict=True):
            for n in range(count):
                number += 1
                # Irregular frequencies, so that pitch alone does not order the clips.
                audio = f"{category}/{split}-{n}.wav"
                write_tone(root / audio, hertz=180 + 37 * (number * 7 % 23), seconds=3.1, rate=16_000)
                rows.append({"kind": "audio", "category": category, "split": split, "path": audio})
        for split, count in (("train", 3), ("val", 1), ("test", 1)):
            for n in range(count):
                number += 1
                image = f"{category}/{split}-{n}.png"
                write_picture(root / image, seed=number)
                rows.append({"kind": "image", "category": category, "split": split, "path": image})
    for n in range(contents):
        photo = f"photo-{n}.png"
        write_picture(root / photo, seed=1000 + n, size=(120, 100))
        rows.append({"kind": "content", "category": "", "split": "", "path": photo})
    return write_manifest(root / "manifest.csv", rows)


def import_tiny(root: Path, **options) -> Dataset:
    """The dataset `tiny`, imported."""
    call_command("import_dataset", str(write_dataset(root, **options)), name="tiny", verbosity=0)
    return Dataset.objects.get(name="tiny")


def train_tiny(run: str = "tiny-run", **options) -> str:
    """A short training of mini on the dataset `tiny`; returns the closing sentence."""
    return call_command("train_musipainter", preset="mini", dataset="tiny", run=run, verbosity=0, **(SHORT | options))
