"""The bridge from rows to images that owe nothing to a trained model: what to compare a model with.

`label-prompt` lets the text-to-image model paint the category's name: what it can do with the word and without music.
`retrieval` shows the artwork nearest to the music in a joint space: what could be had without painting anything.
Imported inside functions only.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from django.conf import settings as site
from PIL import Image

from generation.errors import StimulusSetError
from generation.models import Artwork, Dataset, Split, Stimulus, StimulusSet
from generation.musipainter.backbones.conditioning import PLACEHOLDER, PROMPT
from generation.musipainter.config import to_json
from generation.musipainter.data import MediaItem, open_image
from generation.musipainter.devices import SLOW_ON_CPU, choose_device
from generation.musipainter.presets import DIFFUSION_FOLDER, find_preset, settle_painting
from generation.musipainter.versions import code_version, library_versions
from generation.progress import Progress, quietly
from generation.run.measuring.embeddings import LocalFiles, open_space
from generation.run.opening import ignore
from generation.run.sources.maker import Maker, store_image
from generation.stimuli.plan import PlannedImage, Request, plan_images
from generation.stimuli.request import Asked, find_dataset

RETRIEVED_SIZE = 512  # pixels, as large as what it is compared with


def open_label_prompt(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """Stable Diffusion, which paints "An art image of <label>" for the request's clips, whose music nobody hears."""
    from generation.musipainter.backbones.stable_diffusion import StableDiffusionBackbone  # noqa: PLC0415 -- slow import

    source = StimulusSet.Source.LABEL_PROMPT.value
    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    settings = settle_painting(
        find_preset("musipainter-1"),
        set_seed=asked.request.seed,
        batch_size=asked.batch_size,
        choices=asked.painting,
    )
    if settings.device == "cpu":
        say(SLOW_ON_CPU)
    backbone = StableDiffusionBackbone.load(
        site.DIFFUSION_MODEL or site.WEIGHTS_ROOT / DIFFUSION_FOLDER,
        device=str(choose_device(settings.device)),
        precision=settings.precision,
        channels_last=settings.channels_last,
        compiled=settings.compiled,
    )
    model = {"name": backbone.name, "weights_sha256": backbone.weights_sha256}

    def paint(batch: Sequence[PlannedImage]) -> list[Stimulus]:
        texts = [PROMPT.replace(PLACEHOLDER, image.clip.category.name) for image in batch]
        paintings = backbone.render_text(texts, [image.seed for image in batch], settings)
        return [
            _store(
                image, item.image, source, asked.request, {"backbone": model, "text": text, "painting": item.choices}
            )
            for image, text, item in zip(batch, texts, paintings, strict=True)
        ]

    return Maker(
        source=source,
        dataset=dataset,
        plan=plan,
        settings={
            **_describe(source, dataset, asked.request, len(plan)),
            "prompt": PROMPT.replace(PLACEHOLDER, "<label>"),
            "painting": to_json(settings),
            "backbone": model,
        },
        batch_size=asked.batch_size,
        make_rows=paint,
    )


def open_retrieval(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """The train-split artworks nearest to each clip in a joint space: index 0 the nearest, 1 the next, and so on.

    All of the dataset's categories are searched, whatever the request's are: nobody tells the music's label.
    """
    source = StimulusSet.Source.RETRIEVAL.value
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
                "space": opened.describe(),
                "artwork": {"sha256": artwork.sha256, "category": artwork.category.name, "title": artwork.title},
                "cosine": round(float(cosines[found]), 6),
                "place": image.index,
            }
            made.append(_store(image, _square(artwork, local), source, asked.request, facts))
        return made

    return Maker(
        source=source,
        dataset=dataset,
        plan=plan,
        settings={
            **_describe(source, dataset, asked.request, len(plan)),
            "space": opened.describe(),
            "artworks": len(artworks),
            "size": RETRIEVED_SIZE,
            "painting": {"batch_size": asked.batch_size},
        },
        batch_size=asked.batch_size,
        make_rows=look_up,
    )


def _square(artwork: Artwork, local: LocalFiles) -> Image.Image:
    image = open_image(MediaItem(artwork.sha256, local.path(str(artwork.file.name))))
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return image.crop(box).resize((RETRIEVED_SIZE, RETRIEVED_SIZE), Image.Resampling.LANCZOS)


def _describe(source: str, dataset: Dataset, request: Request, images: int) -> dict[str, Any]:
    return {
        "schema": "paragone-set/1",
        "source": source,
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
        "request": to_json(request),
        "images": images,
        "code": code_version(),
        "libraries": library_versions(),
    }


def _store(image: PlannedImage, picture: Image.Image, source: str, request: Request, facts: dict[str, Any]) -> Stimulus:
    common = {"clip": image.clip.sha256, "code": code_version(), "libraries": library_versions()}
    return store_image(image, picture, source=source, set_seed=request.seed, facts={**common, **facts})
