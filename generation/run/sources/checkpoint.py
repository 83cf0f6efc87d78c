"""Source `musipainter`: a checkpoint's images of the clips of a dataset."""

from collections.abc import Callable, Sequence

from generation.media import LocalFiles
from generation.models import Stimulus, StimulusSet
from generation.progress import Progress
from generation.run.provenance import describe_image, describe_model, describe_set
from generation.run.sources.maker import Maker, store_image
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked, PlannedImage, find_dataset, find_notices, plan_images

NAME = StimulusSet.Source.MUSIPAINTER.value


def open_checkpoint(asked: Asked, local: LocalFiles, *, say: Callable[[str], None], progress: Progress) -> Maker:
    """The checkpoint that is asked for, loaded, with the photographs that it paints on.

    CheckpointError when its files are not those that were registered, or its device is not here.
    """
    from generation.musipainter import to_json  # noqa: PLC0415 -- slow import
    from generation.run.opening import find_checkpoint, media_item, open_pipeline, settings_of  # noqa: PLC0415

    dataset, row = find_dataset(asked.dataset), find_checkpoint(asked.checkpoint)
    plan = plan_images(dataset, asked.request)
    set_seed = asked.request.seed
    settings = settings_of(row, set_seed=set_seed, batch_size=asked.batch_size, painting=asked.painting)
    pipeline, pool = open_pipeline(row, dataset, local, settings, say=say)

    def paint(batch: Sequence[PlannedImage]) -> list[Stimulus]:
        paintings = pipeline(
            [media_item(image.clip, local) for image in batch],
            [image.seed for image in batch],
            settings,
            places=[image.place for image in batch],
        )
        return [
            store_image(
                image,
                painting.image,
                describe_image(
                    NAME,
                    image,
                    set_seed,
                    clip_rank=image.rank,
                    clips_eligible=image.eligible,
                    audio={"sha256": image.clip.sha256, **describe_window(image.clip.duration)},
                    **describe_model(row, pipeline),
                    painting=painting.choices,
                ),
            )
            for image, painting in zip(batch, paintings, strict=True)
        ]

    def describe_window(duration: float) -> dict[str, float]:
        return {"window_start_s": 0.0, "window_s": round(min(pipeline.encoder.window_seconds, duration), 3)}

    return Maker(
        source=NAME,
        dataset=dataset,
        checkpoint=row,
        plan=plan,
        settings=describe_set(
            NAME,
            dataset,
            asked.request,
            len(plan),
            **describe_model(row, pipeline) | {"checkpoint": row.describe()},
            painting=to_json(settings),
            photos=pool.describe(),
        ),
        batch_size=asked.batch_size,
        make_rows=paint,
        notices=tuple(find_notices(plan, row, dataset, pool=pool.name, photos=len(pool.items))),
    )


CHECKPOINT = ImageSource(
    words="images of a checkpoint (default).", open=open_checkpoint, needs=("checkpoint", "dataset")
)
