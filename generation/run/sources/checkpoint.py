"""The bridge from a checkpoint's row to images of the clips of a dataset. Imported inside functions only."""

from collections.abc import Callable, Sequence
from typing import Any

from generation.models import Checkpoint, Dataset, Stimulus, StimulusSet
from generation.musipainter.config import to_json
from generation.musipainter.pipeline import MusipainterPipeline
from generation.musipainter.versions import code_version, library_versions
from generation.progress import Progress, quietly
from generation.run.measuring.embeddings import LocalFiles
from generation.run.opening import PhotoPool, find_checkpoint, ignore, media_item, open_pipeline, settings_of
from generation.run.sources.maker import Maker, store_image
from generation.stimuli.notices import find_notices
from generation.stimuli.plan import PlannedImage, Request, plan_images
from generation.stimuli.request import Asked, find_dataset

SOURCE = StimulusSet.Source.MUSIPAINTER.value


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


def describe_set(
    row: Checkpoint,
    dataset: Dataset,
    request: Request,
    painting_settings: Any,
    pool: PhotoPool,
    pipeline: MusipainterPipeline,
    images: int,
) -> dict[str, Any]:
    """StimulusSet.settings: everything that decides the images."""
    return {
        "schema": "paragone-set/1",
        "source": SOURCE,
        "preset": row.preset,
        "checkpoint": {"name": row.name, "weights_sha256": row.weights_sha256, "epoch": row.epoch},
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
        "request": to_json(request),
        "images": images,
        "painting": to_json(painting_settings),
        "photos": pool.describe(),
        "audio_encoder": pipeline.encoder.describe(),
        "backbone": pipeline.backbone.describe(),
        "code": code_version(),
        "libraries": library_versions(),
    }


def describe_audio(sha256: str, pipeline: MusipainterPipeline, *, start: float, duration: float) -> dict[str, Any]:
    """Which part of which recording was heard; seconds."""
    heard = min(pipeline.encoder.window_seconds, duration - start)
    return {"sha256": sha256, "window_start_s": start, "window_s": round(heard, 3)}


def describe_model(row: Checkpoint, pipeline: MusipainterPipeline) -> dict[str, Any]:
    """What painted: checkpoint, frozen parts, code and libraries."""
    return {
        "preset": row.preset,
        "checkpoint": {
            "name": row.name,
            "weights_sha256": row.weights_sha256,
            "epoch": row.epoch,
            "dataset_manifest_sha256": row.config["dataset"]["manifest_sha256"],
        },
        "audio_encoder": pipeline.encoder.describe(),
        "backbone": pipeline.backbone.describe(),
        "code": code_version(),
        "libraries": library_versions(),
    }
