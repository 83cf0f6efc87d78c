"""Provenance: what sets, images and files of numbers were made from, by what and how. Everything is plain JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from generation.models import Category, Checkpoint, Dataset, StimulusSet
from generation.musipainter import code_version, library_versions, to_json
from generation.stimuli import Asked, PlannedImage

if TYPE_CHECKING:
    from generation.musipainter import MusipainterPipeline


def describe_code() -> dict[str, Any]:
    """Our code and the libraries that it works with."""
    return {"code": code_version(), "libraries": library_versions()}


def describe_set(asked: Asked, dataset: Dataset, images: int, facts: dict[str, Any]) -> dict[str, Any]:
    """StimulusSet.settings: everything that decides the images. facts: what this source adds."""
    return {
        "schema": "paragone-set/1",
        "source": asked.source,
        "dataset": dataset.describe(),
        "request": to_json(asked.request),
        "images": images,
        **facts,
        **describe_code(),
    }


def describe_image(asked: Asked, image: PlannedImage, facts: dict[str, Any]) -> dict[str, Any]:
    """Stimulus.provenance of an image that was made of a clip. facts: what this source adds."""
    return {
        "schema": "paragone-image/1",
        "source": asked.source,
        "set_seed": asked.request.seed,
        "seed": image.seed,
        "index": image.index,
        **facts,
        **describe_code(),
    }


def describe_model(row: Checkpoint, pipeline: "MusipainterPipeline") -> dict[str, Any]:
    """What painted: a checkpoint and its frozen parts."""
    trained_on = {"dataset_manifest_sha256": row.config["dataset"]["manifest_sha256"]}
    return {
        "preset": row.preset,
        "checkpoint": row.describe() | trained_on,
        "audio_encoder": pipeline.encoder.describe(),
        "backbone": pipeline.backbone.describe(),
    }


def describe_measured(
    stimulus_set: StimulusSet,
    categories: Sequence[Category],
    splits: Sequence[str],
    network: dict[str, Any],
    notes: Sequence[str],
) -> dict[str, Any]:
    """What stands in a file of embeddings or features: the space or network, and what it was shown."""
    dataset = stimulus_set.dataset
    limits = [f'Known limits of the dataset "{dataset.name}" apply; they stand with it.'] if dataset.notes else []
    return network | {
        "set": stimulus_set.name,
        "dataset": dataset.name,
        "dataset_manifest_sha256": dataset.manifest_sha256,
        "splits": list(splits),
        "categories": [category.name for category in categories],
        "notes": [*network.get("notes", []), *limits, *notes],
    }
