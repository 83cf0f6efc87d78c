"""What makes the images of a set, loaded: the same for one process alone and for every worker."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from generation import media
from generation.errors import ImageError, StimulusSetError
from generation.files import find_look, png_bytes, refuse_uniform
from generation.models import Checkpoint, Dataset, Stimulus, StimulusSet
from generation.run.provenance import describe_image, describe_set
from generation.stimuli import Asked, PlannedImage, open_set


@dataclass(frozen=True)
class Maker:
    """A source of images, ready to work through a plan.

    Attributes
    ----------
    asked : Asked
        What it was opened for.
    dataset : Dataset
        Whose clips are planned.
    plan : list of PlannedImage
        All images of the set, in order.
    paint : callable
        `paint(batch)` gives each image of a batch with what its source adds to its provenance, as JSON.
    facts : dict
        What its source adds to the set's settings, as JSON; `painting` at least.
    checkpoint : Checkpoint or None
        Where a checkpoint paints.
    notices : tuple of str
        What a researcher should hear about these images, whoever makes them.
    """

    asked: Asked
    dataset: Dataset
    plan: list[PlannedImage]
    paint: Callable[[Sequence[PlannedImage]], Iterable[tuple[Image.Image, dict[str, Any]]]]
    facts: dict[str, Any]
    checkpoint: Checkpoint | None = None
    notices: tuple[str, ...] = ()

    @property
    def batch_size(self) -> int:
        """Images painted side by side."""
        return self.asked.batch_size

    def open_set(self, name: str) -> StimulusSet:
        """The set that these images belong to; StimulusSetError when it was begun with other settings."""
        return open_set(
            name=name,
            source=self.asked.source,
            dataset=self.dataset,
            checkpoint=self.checkpoint,
            settings=describe_set(self.asked, self.dataset, len(self.plan), self.facts),
        )

    def batches(self, start: int, stop: int) -> Iterator[Sequence[PlannedImage]]:
        """The batches between two places of the plan, of which `start` begins one.

        Batches are always cut from the whole plan, so that each holds the same images whoever paints or resumes.
        """
        for first in range(start, stop, self.batch_size):
            yield self.plan[first : min(first + self.batch_size, stop)]

    def make_rows(self, batch: Sequence[PlannedImage]) -> list[Stimulus]:
        """Paint and store a batch; rows that are not saved yet.

        StimulusSetError names the clip of an image that shows nothing; none of its batch is stored.
        """
        painted = list(zip(batch, self.paint(batch), strict=True))
        for image, (picture, _) in painted:
            _refuse_empty(image, picture)
        return [self._store(image, picture, facts) for image, (picture, facts) in painted]

    def _store(self, image: PlannedImage, picture: Image.Image, facts: dict[str, Any]) -> Stimulus:
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
            look=find_look(picture),
            provenance=describe_image(self.asked, image, facts),
        )


def _refuse_empty(image: PlannedImage, picture: Image.Image) -> None:
    try:
        refuse_uniform(picture.convert("RGB"))
    except ImageError as error:
        clip = image.clip.title or image.clip.sha256[:12]
        raise StimulusSetError(
            f'Image {image.index} of the clip "{clip}" {error}; it is not stored. '
            "Ask for the set under another name with another seed or other settings."
        ) from error
