"""Source `retrieval`: the nearest artwork in a joint space, what could be had without painting anything."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from generation import musipainter
from generation.errors import StimulusSetError
from generation.files import crop_square
from generation.media import LocalFiles
from generation.models import Artwork, Split
from generation.progress import Progress
from generation.run import measuring
from generation.run.sources.maker import Maker
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, plan_images

RETRIEVED_SIZE = 512  # pixels, as large as what it is compared with


def open_retrieval(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """The train-split artworks nearest to each clip in a joint space: index 0 the nearest, 1 the next, and so on.

    All of the dataset's categories are searched, whatever the request's are: nobody tells the music's label.
    """
    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    rows = Artwork.objects.filter(category__dataset=dataset, split=Split.TRAIN).select_related("category")
    artworks = list({row.sha256: row for row in rows.order_by("sha256")}.values())
    if len(artworks) < asked.request.images_per_clip:
        raise StimulusSetError(
            f"The dataset {dataset.name} has {len(artworks)} train artworks to retrieve; "
            f"{asked.request.images_per_clip} are needed for every clip."
        )
    opened = measuring.open_space(asked.space, dataset, local=local, progress=progress)
    images = opened.embed_images([local.path(str(row.file.name)) for row in artworks])

    def look_up(batch: Sequence[PlannedImage]) -> Iterator[tuple[Image.Image, dict[str, Any]]]:
        music = opened.embed_audio([local.path(str(image.clip.file.name)) for image in batch])
        for image, vector in zip(batch, music, strict=True):
            cosines = images.astype(np.float64) @ vector.astype(np.float64)
            # Stable, so artworks at equal distance stay in the order of their hashes.
            found = int(np.argsort(-cosines, kind="stable")[image.index])
            artwork = artworks[found]
            facts = {
                "clip": image.clip.sha256,
                "space": opened.describe(),
                "artwork": {"sha256": artwork.sha256, "category": artwork.category.name, "title": artwork.title},
                "cosine": round(float(cosines[found]), 6),
                "place": image.index,
            }
            yield _square(artwork, local), facts

    facts = {"space": opened.describe(), "artworks": len(artworks), "size": RETRIEVED_SIZE}
    return Maker(asked, dataset, plan, look_up, facts | {"painting": {"batch_size": asked.batch_size}})


def _square(artwork: Artwork, local: LocalFiles) -> Image.Image:
    item = musipainter.MediaItem(artwork.sha256, local.path(str(artwork.file.name)))
    return crop_square(musipainter.open_image(item), RETRIEVED_SIZE, Image.Resampling.LANCZOS)


RETRIEVAL = ImageSource(
    "the train artwork nearest in a joint space.",
    open_retrieval,
    takes={"space": "embedded"},
    paints=False,
    caption="picked for this clip",
    ending="a computer model had picked to go with it",
    is_generated=False,
)
