"""What makes the images of a set, loaded: the same for one process alone and for every worker.

Each source of images (a checkpoint, a category's name, the artworks that are there) has one function that opens it.
Imported inside functions only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from generation import media
from generation.files import png_bytes
from generation.models import Checkpoint, Dataset, Stimulus, StimulusSet
from generation.stimuli import PlannedImage, open_set


@dataclass(frozen=True)
class Maker:
    """A source of images, ready to work through a plan.

    settings: StimulusSet.settings, everything that decides the images.
    make_rows: paints and stores a batch; rows that are not saved yet.
    notices: what a researcher should hear about these images, whoever makes them.
    """

    source: str
    dataset: Dataset
    plan: list[PlannedImage]
    settings: dict[str, Any]
    batch_size: int
    make_rows: Callable[[Sequence[PlannedImage]], list[Stimulus]]
    checkpoint: Checkpoint | None = None
    notices: tuple[str, ...] = ()

    def open_set(self, name: str) -> StimulusSet:
        """The set that these images belong to; StimulusSetError when it was begun with other settings."""
        return open_set(
            name=name,
            source=self.source,
            dataset=self.dataset,
            checkpoint=self.checkpoint,
            settings=self.settings,
        )

    def batches(self, start: int, stop: int) -> Iterator[Sequence[PlannedImage]]:
        """The batches between two places of the plan, of which `start` begins one.

        Batches are always cut from the whole plan, so that each holds the same images whoever paints or resumes.
        """
        for first in range(start, stop, self.batch_size):
            yield self.plan[first : min(first + self.batch_size, stop)]


def store_image(image: PlannedImage, picture: Image.Image, provenance: dict[str, Any]) -> Stimulus:
    """Store a picture of a planned image; its row, which is not saved yet."""
    sha256, name = media.store(png_bytes(picture), ".png")
    return Stimulus(
        category=image.clip.category,
        clip=image.clip,
        index=image.index,
        seed=image.seed,
        sha256=sha256,
        file=name,
        width=picture.width,
        height=picture.height,
        provenance=provenance,
    )
