"""Source `label-prompt`: what the text-to-image model can do with the category's name and without music.

It owes nothing to a trained model: what to compare a model with.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings as site
from PIL import Image

from generation import musipainter
from generation.media import LocalFiles
from generation.musipainter.backbones import stable_diffusion
from generation.progress import Progress
from generation.run.sources.maker import Maker
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, plan_images


def open_label_prompt(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """Stable Diffusion, which paints "An art image of <label>" for the request's clips, whose music nobody hears."""
    dataset = find_dataset(asked.dataset)
    plan = plan_images(dataset, asked.request)
    settings = stable_diffusion.STABLE_DIFFUSION.settle_painting(
        musipainter.find_preset("musipainter-1"),
        set_seed=asked.request.seed,
        batch_size=asked.batch_size,
        choices=asked.painting,
    )
    if settings.device == "cpu":
        say(musipainter.SLOW_ON_CPU)
    backbone = stable_diffusion.StableDiffusionBackbone.load(
        site.DIFFUSION_MODEL or site.WEIGHTS_ROOT / stable_diffusion.DIFFUSION_FOLDER,
        device=str(musipainter.choose_device(settings.device)),
        precision=settings.precision,
        channels_last=settings.channels_last,
        compiled=settings.compiled,
    )
    model = {"name": backbone.name, "weights_sha256": backbone.weights_sha256}

    def paint(batch: Sequence[PlannedImage]) -> Iterator[tuple[Image.Image, dict[str, Any]]]:
        texts = [prompt_with(image.clip.category.name) for image in batch]
        paintings = backbone.render_text(texts, [image.seed for image in batch], settings)
        for image, text, item in zip(batch, texts, paintings, strict=True):
            yield item.image, {"clip": image.clip.sha256, "backbone": model, "text": text, "painting": item.choices}

    facts = {"prompt": prompt_with("<label>"), "painting": musipainter.to_json(settings), "backbone": model}
    return Maker(asked, dataset, plan, paint, facts)


def prompt_with(label: str) -> str:
    """The prompt of the paper's models with a label where the music goes."""
    return musipainter.PROMPT.replace(musipainter.PLACEHOLDER, label)


LABEL_PROMPT = ImageSource("Stable Diffusion paints the category's name, without music.", open_label_prompt)
