"""Source `musipainter`: a checkpoint's images of the clips of a dataset."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PIL import Image

from generation import musipainter
from generation.media import LocalFiles
from generation.progress import Progress
from generation.run.provenance import describe_model
from generation.run.sources.maker import Maker
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, find_notices, plan_images


def open_checkpoint(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """The checkpoint that is asked for, loaded, with the photographs that it paints on.

    CheckpointError when its files are not those that were registered, or its device is not here.
    """
    from generation.run.opening import find_checkpoint, media_item, open_pipeline, settings_of  # noqa: PLC0415 -- slow

    dataset, row = find_dataset(asked.dataset), find_checkpoint(asked.checkpoint)
    plan = plan_images(dataset, asked.request)
    settings = settings_of(row, set_seed=asked.request.seed, batch_size=asked.batch_size, painting=asked.painting)
    pipeline, pool = open_pipeline(row, dataset, local, settings, say=say)

    def paint(batch: Sequence[PlannedImage]) -> Iterator[tuple[Image.Image, dict[str, Any]]]:
        clips, seeds = [media_item(image.clip, local) for image in batch], [image.seed for image in batch]
        paintings = pipeline(clips, seeds, settings, places=[image.place for image in batch])
        for image, painting in zip(batch, paintings, strict=True):
            heard = round(min(pipeline.encoder.window_seconds, image.clip.duration), 3)
            yield (
                painting.image,
                {
                    "clip_rank": image.rank,
                    "clips_eligible": image.eligible,
                    "audio": {"sha256": image.clip.sha256, "window_start_s": 0.0, "window_s": heard},
                    **describe_model(row, pipeline),
                    "painting": painting.choices,
                },
            )

    facts = describe_model(row, pipeline) | {"checkpoint": row.describe(), "photos": pool.describe()}
    return Maker(
        asked,
        dataset,
        plan,
        paint,
        facts | {"painting": musipainter.to_json(settings)},
        checkpoint=row,
        notices=tuple(find_notices(plan, row, dataset, pool=pool.name, photos=len(pool.items))),
    )


CHECKPOINT = ImageSource(
    "images of a checkpoint (default).",
    open_checkpoint,
    needs=("checkpoint", "dataset"),
    caption="made from this clip",
    ending="a computer model had made from it",
)
