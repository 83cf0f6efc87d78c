"""Source `label-prompt`: what the text-to-image model can do with the category's name and without music.

It owes nothing to a trained model: what to compare a model with.
"""

from collections.abc import Callable, Sequence

from django.conf import settings as site

from generation.media import LocalFiles
from generation.models import Stimulus, StimulusSet
from generation.progress import Progress
from generation.run.provenance import describe_image, describe_set
from generation.run.sources.maker import Maker, store_image
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, plan_images

NAME = StimulusSet.Source.LABEL_PROMPT.value


def open_label_prompt(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """Stable Diffusion, which paints "An art image of <label>" for the request's clips, whose music nobody hears."""
    from generation.musipainter import (  # noqa: PLC0415 -- slow import
        PLACEHOLDER,
        PROMPT,
        SLOW_ON_CPU,
        choose_device,
        find_preset,
        to_json,
    )
    from generation.musipainter.backbones.stable_diffusion import (  # noqa: PLC0415 -- slow import
        DIFFUSION_FOLDER,
        STABLE_DIFFUSION,
        StableDiffusionBackbone,
    )

    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    settings = STABLE_DIFFUSION.settle_painting(
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
        rows = []
        for image, text, item in zip(batch, texts, paintings, strict=True):
            facts = {"clip": image.clip.sha256, "backbone": model, "text": text, "painting": item.choices}
            rows.append(store_image(image, item.image, describe_image(NAME, image, asked.request.seed, **facts)))
        return rows

    return Maker(
        source=NAME,
        dataset=dataset,
        plan=plan,
        settings=describe_set(
            NAME,
            dataset,
            asked.request,
            len(plan),
            prompt=PROMPT.replace(PLACEHOLDER, "<label>"),
            painting=to_json(settings),
            backbone=model,
        ),
        batch_size=asked.batch_size,
        make_rows=paint,
    )


LABEL_PROMPT = ImageSource(words="Stable Diffusion paints the category's name, without music.", open=open_label_prompt)
