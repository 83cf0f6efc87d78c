"""The bridge from rows to images that owe nothing to a trained model: what to compare a model with.

`label-prompt` lets the text-to-image model paint the category's name: what it can do with the word and without music.
`retrieval` shows the artwork nearest to the music in a joint space: what could be had without painting anything.
Imported inside functions only.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any

import numpy as np
from django.conf import settings as site
from PIL import Image

from generation import media
from generation.contact_sheets import png_bytes
from generation.errors import StimulusSetError
from generation.models import Artwork, Dataset, Split, Stimulus, StimulusSet
from generation.musipainter.conditioning import PLACEHOLDER, PROMPT
from generation.musipainter.config import to_json
from generation.musipainter.data import MediaItem
from generation.musipainter.devices import SLOW_ON_CPU, choose_device
from generation.musipainter.presets import DIFFUSION_FOLDER, find_preset, settle_painting
from generation.musipainter.stable_diffusion import StableDiffusionBackbone, open_image
from generation.musipainter.versions import code_version, library_versions
from generation.plan import PlannedImage, Request, plan_images
from generation.progress import Progress, quietly
from generation.run import Generation, fill_set, find_dataset, ignore
from generation.run_embeddings import LocalFiles, open_space
from generation.sets import making

RETRIEVED_SIZE = 512  # pixels, as large as what it is compared with


def run_label_prompt(
    *,
    set_name: str,
    dataset_name: str,
    request: Request,
    batch_size: int = 8,
    painting: Mapping[str, Any] = MappingProxyType({}),
    progress: Progress = quietly,
    say: Callable[[str], None] = ignore,
) -> Generation:
    """Images of "An art image of <label>" for the request's clips, whose music nobody hears."""
    dataset = find_dataset(dataset_name)
    plan = plan_images(dataset, request)
    settings = settle_painting(
        find_preset("musipainter-1"), set_seed=request.seed, batch_size=batch_size, choices=painting
    )
    if settings.device == "cpu":
        say(SLOW_ON_CPU)
    source = site.DIFFUSION_MODEL or site.WEIGHTS_ROOT / DIFFUSION_FOLDER
    with making(set_name):
        backbone = StableDiffusionBackbone.load(
            source, device=str(choose_device(settings.device)), precision=settings.precision
        )
        model = {"name": backbone.name, "weights_sha256": backbone.weights_sha256}

        def paint(batch: Sequence[PlannedImage]) -> list[Stimulus]:
            texts = [PROMPT.replace(PLACEHOLDER, image.clip.category.name) for image in batch]
            paintings = backbone.render_text(texts, [image.seed for image in batch], settings)
            return [
                _make_row(
                    image,
                    item.image,
                    "label-prompt",
                    request,
                    {"backbone": model, "text": text, "painting": item.choices},
                )
                for image, text, item in zip(batch, texts, paintings, strict=True)
            ]

        return fill_set(
            name=set_name,
            source=StimulusSet.Source.LABEL_PROMPT,
            dataset=dataset,
            settings={
                **_describe("label-prompt", dataset, request, len(plan)),
                "prompt": PROMPT.replace(PLACEHOLDER, "<label>"),
                "painting": to_json(settings),
                "backbone": model,
            },
            plan=plan,
            batch_size=batch_size,
            make_rows=paint,
            progress=progress,
        )


def run_retrieval(
    *,
    set_name: str,
    dataset_name: str,
    request: Request,
    space: str = "embedded",
    batch_size: int = 8,
    progress: Progress = quietly,
) -> Generation:
    """The train-split artworks nearest to each clip in a joint space: index 0 the nearest, 1 the next, and so on.

    All of the dataset's categories are searched, whatever the request's are: nobody tells the music's label.
    """
    dataset = find_dataset(dataset_name)
    plan = plan_images(dataset, request)
    rows = Artwork.objects.filter(category__dataset=dataset, split=Split.TRAIN).select_related("category")
    artworks = list({row.sha256: row for row in rows.order_by("sha256")}.values())
    if len(artworks) < request.images_per_clip:
        raise StimulusSetError(
            f"The dataset {dataset.name} has {len(artworks)} train artworks to retrieve; "
            f"{request.images_per_clip} are needed for every clip."
        )
    with making(set_name), ExitStack() as stack:
        local = LocalFiles(stack)
        opened = open_space(space, dataset, local=local, progress=progress)
        images = opened.embed_images([local.path(str(row.file.name)) for row in artworks])

        def look_up(batch: Sequence[PlannedImage]) -> list[Stimulus]:
            music = opened.embed_audio([local.path(str(image.clip.file.name)) for image in batch])
            made = []
            for image, vector in zip(batch, music, strict=True):
                cosines = images.astype(np.float64) @ vector.astype(np.float64)
                # Stable, so artworks at equal distance stay in the order of their hashes.
                found = int(np.argsort(-cosines, kind="stable")[image.index])
                artwork = artworks[found]
                picture = _square(artwork, local)
                facts = {
                    "artwork": {"sha256": artwork.sha256, "category": artwork.category.name, "title": artwork.title},
                    "cosine": round(float(cosines[found]), 6),
                    "place": image.index,
                }
                made.append(_make_row(image, picture, "retrieval", request, {"space": opened.describe(), **facts}))
            return made

        return fill_set(
            name=set_name,
            source=StimulusSet.Source.RETRIEVAL,
            dataset=dataset,
            settings={
                **_describe("retrieval", dataset, request, len(plan)),
                "space": opened.describe(),
                "artworks": len(artworks),
                "size": RETRIEVED_SIZE,
                "painting": {"batch_size": batch_size},
            },
            plan=plan,
            batch_size=batch_size,
            make_rows=look_up,
            progress=progress,
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


def _make_row(
    image: PlannedImage, picture: Image.Image, source: str, request: Request, facts: dict[str, Any]
) -> Stimulus:
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
        provenance={
            "schema": "paragone-image/1",
            "source": source,
            "set_seed": request.seed,
            "seed": image.seed,
            "index": image.index,
            "clip": image.clip.sha256,
            "code": code_version(),
            "libraries": library_versions(),
            **facts,
        },
    )
