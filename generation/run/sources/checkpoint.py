"""The bridge from a checkpoint's row to images of the clips of a dataset. Imported inside functions only."""

from collections.abc import Callable, Sequence

from generation.media import LocalFiles
from generation.models import Stimulus
from generation.progress import Progress, quietly
from generation.run.opening import find_checkpoint, ignore, media_item, open_pipeline, settings_of
from generation.run.provenance import SOURCE, describe_audio, describe_model, describe_set
from generation.run.sources.maker import Maker, store_image
from generation.stimuli import Asked, PlannedImage, find_dataset, find_notices, plan_images


def open_checkpoint(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """The checkpoint that is asked for, loaded, with the photographs that it paints on.

    CheckpointError when its files are not those that were registered, or its device is not here.
    """
    dataset, row = find_dataset(asked.dataset), find_checkpoint(asked.checkpoint)
    plan = plan_images(dataset, asked.request)
    settings = settings_of(row, set_seed=asked.request.seed, batch_size=asked.batch_size, painting=asked.painting)
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
                source=SOURCE,
                set_seed=asked.request.seed,
                facts={
                    "clip_rank": image.rank,
                    "clips_eligible": image.eligible,
                    "audio": describe_audio(image.clip.sha256, pipeline, start=0.0, duration=image.clip.duration),
                    **describe_model(row, pipeline),
                    "painting": painting.choices,
                },
            )
            for image, painting in zip(batch, paintings, strict=True)
        ]

    return Maker(
        source=SOURCE,
        dataset=dataset,
        checkpoint=row,
        plan=plan,
        settings=describe_set(row, dataset, asked.request, settings, pool, pipeline, len(plan)),
        batch_size=asked.batch_size,
        make_rows=paint,
        notices=tuple(find_notices(plan, row, dataset, pool=pool.name, photos=len(pool.items))),
    )
