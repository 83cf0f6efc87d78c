"""The bridge from rows to images that owe nothing to a trained model: what to compare a model with.

`label-prompt` lets the text-to-image model paint the category's name: what it can do with the word and without music.
`retrieval` shows the artwork nearest to the music in a joint space: what could be had without painting anything.
Imported inside functions only.
"""

from collections.abc import Callable, Sequence

from django.conf import settings as site

from generation.media import LocalFiles
from generation.models import Stimulus, StimulusSet
from generation.musipainter import PLACEHOLDER, PROMPT, SLOW_ON_CPU, choose_device, find_preset, to_json
from generation.musipainter.backbones import DIFFUSION_FOLDER, settle_painting
from generation.progress import Progress, quietly
from generation.run.opening import ignore
from generation.run.provenance import describe_baseline
from generation.run.sources.maker import Maker, save_image
from generation.stimuli import Asked, PlannedImage, find_dataset, plan_images


def open_label_prompt(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """Stable Diffusion, which paints "An art image of <label>" for the request's clips, whose music nobody hears."""
    from generation.musipainter.backbones import StableDiffusionBackbone  # noqa: PLC0415 -- slow import

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
            save_image(
                image, item.image, source, asked.request, {"backbone": model, "text": text, "painting": item.choices}
            )
            for image, text, item in zip(batch, texts, paintings, strict=True)
        ]

    return Maker(
        source=source,
        dataset=dataset,
        plan=plan,
        settings={
            **describe_baseline(source, dataset, asked.request, len(plan)),
            "prompt": PROMPT.replace(PLACEHOLDER, "<label>"),
            "painting": to_json(settings),
            "backbone": model,
        },
        batch_size=asked.batch_size,
        make_rows=paint,
    )
