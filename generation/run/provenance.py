"""Provenance that goes into every image."""

from typing import Any

from generation.models import Checkpoint, Dataset, StimulusSet
from generation.musipainter import MusipainterPipeline, code_version, library_versions, to_json
from generation.run.opening import PhotoPool
from generation.stimuli import Request

SOURCE = StimulusSet.Source.MUSIPAINTER.value


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


def describe_baseline(source: str, dataset: Dataset, request: Request, images: int) -> dict[str, Any]:
    return {
        "schema": "paragone-set/1",
        "source": source,
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
        "request": to_json(request),
        "images": images,
        "code": code_version(),
        "libraries": library_versions(),
    }
