"""What an export holds of the images: embeddings, features for distances, small pictures."""

import shutil
from pathlib import Path

from django.conf import settings

from generation.media import thumbnails_of
from generation.models import Stimulus, StimulusSet
from studyserver.studies.models import Arm, Study


def shown_stimuli(arm: Arm, study: Study) -> list[Stimulus]:
    """The images that the arm's main trials may show, by category, clip and index; flagged ones are not shown."""
    stimuli = arm.stimulus_set.stimuli.filter(category__in=study.categories.all(), flagged=False)
    ordered = stimuli.order_by("category__order", "category__name", "clip__sha256", "index")
    return list(ordered.select_related("category", "clip"))


def vectors_of(stimulus_set: StimulusSet, what: str) -> list[tuple[str, Path]]:
    """A set's "embeddings", one for each joint space, or "features", one for each network: (name here, file)."""
    files = sorted((Path(settings.SETS_ROOT) / stimulus_set.name).glob(f"*/{what}.npz"))
    return [(f"{what}-{stimulus_set.name}-{file.parent.name}.npz", file) for file in files]


def thumbnails_name(stimulus_set: StimulusSet) -> str:
    """Name in the export of the small pictures that reports show."""
    return f"thumbnails-{stimulus_set.name}.zip"


def copy_vectors(study: Study, folder: Path, what: str) -> list[Path]:
    """Copies of the "embeddings" or "features" of the arms' sets; earlier ones go."""
    for old in folder.glob(f"{what}-*.npz"):
        old.unlink()
    found = [pair for arm in _arms_of_sets(study) for pair in vectors_of(arm.stimulus_set, what)]
    return [Path(shutil.copyfile(source, folder / name)) for name, source in found]


def write_thumbnails(study: Study, folder: Path) -> list[Path]:
    """Small pictures of what the arms may show, one file for each set; earlier ones go."""
    for old in folder.glob("thumbnails-*.zip"):
        old.unlink()
    written = []
    for arm in _arms_of_sets(study):
        path = folder / thumbnails_name(arm.stimulus_set)
        path.write_bytes(thumbnails_of(shown_stimuli(arm, study), set_name=arm.stimulus_set.name))
        written.append(path)
    return written


def _arms_of_sets(study: Study) -> list[Arm]:
    """The first arm of each stimulus set."""
    arms: dict[str, Arm] = {}
    for arm in study.arms.select_related("stimulus_set").order_by("id"):
        arms.setdefault(arm.stimulus_set.name, arm)
    return list(arms.values())
