"""Source `retrieval`: the nearest artwork in a joint space."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from generation.errors import StimulusSetError
from generation.media import LocalFiles
from generation.models import Artwork, Split, Stimulus, StimulusSet
from generation.progress import Progress
from generation.run.provenance import describe_image, describe_set
from generation.run.sources.maker import Maker, store_image
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, plan_images

NAME = StimulusSet.Source.RETRIEVAL.value
RETRIEVED_SIZE = 512  # pixels, as large as what it is compared with


def open_retrieval(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """The train-split artworks nearest to each clip in a joint space: index 0 the nearest, 1 the next, and so on.

    All of the dataset's categories are searched, whatever the request's are: nobody tells the music's label.
    """
    from generation.run.measuring import open_space  # noqa: PLC0415 -- slow import

    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    rows = Artwork.objects.filter(category__dataset=dataset, split=Split.TRAIN).select_related("category")
    artworks = list({row.sha256: row for row in rows.order_by("sha256")}.values())
    if len(artworks) < asked.request.images_per_clip:
        raise StimulusSetError(
            f"The dataset {dataset.name} has {len(artworks)} train artworks to retrieve; "
            f"{asked.request.images_per_clip} are needed for every clip."
        )
    opened = open_space(asked.space, dataset, local=local, progress=progress)
    images = opened.embed_images([local.path(str(row.file.name)) for row in artworks])

    def look_up(batch: Sequence[PlannedImage]) -> list[Stimulus]:
        music = opened.embed_audio([local.path(str(image.clip.file.name)) for image in batch])
        made = []
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
            provenance = describe_image(NAME, image, asked.request.seed, **facts)
            made.append(store_image(image, _square(artwork, local), provenance))
        return made

    return Maker(
        source=NAME,
        dataset=dataset,
        plan=plan,
        settings=describe_set(
            NAME,
            dataset,
            asked.request,
            len(plan),
            space=opened.describe(),
            artworks=len(artworks),
            size=RETRIEVED_SIZE,
            painting={"batch_size": asked.batch_size},
        ),
        batch_size=asked.batch_size,
        make_rows=look_up,
    )


def _square(artwork: Artwork, local: LocalFiles) -> Image.Image:
    from generation.musipainter import MediaItem, open_image  # noqa: PLC0415 -- slow import

    image = open_image(MediaItem(artwork.sha256, local.path(str(artwork.file.name))))
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return image.crop(box).resize((RETRIEVED_SIZE, RETRIEVED_SIZE), Image.Resampling.LANCZOS)


RETRIEVAL = ImageSource(
    words="the train artwork nearest in a joint space.",
    open=open_retrieval,
    takes={"space": "embedded"},
    paints=False,
)
