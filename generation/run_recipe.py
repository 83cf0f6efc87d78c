"""The bridge from rows to the arithmetic of a training run. Imported inside functions only."""

from collections.abc import Callable, Mapping
from typing import Any

from generation import museart, processes
from generation.models import Clip, Split
from generation.musipainter.config import TrainConfig
from generation.musipainter.devices import FORMATS
from generation.musipainter.presets import find_preset, vary_preset
from generation.musipainter.recipe import Plan, describe
from generation.run import find_dataset

NETWORKS = {"embedder": "embedder", "audio_encoder": "beats", "generator": "unet"}


def describe_recipe(
    *,
    preset_name: str,
    dataset_name: str | None,
    choices: Mapping[str, Any],
    change: Callable[[TrainConfig], TrainConfig],
) -> str:
    """What a run would take, as text: parameters, updates, memory. Loads and writes nothing.

    dataset_name: None for Museart as the paper splits it.
    """
    preset = vary_preset(find_preset(preset_name), choices)
    train = change(preset.train)
    if dataset_name is None:
        pairs, of = museart.TRAINED_ON, "Museart"
    else:
        dataset = find_dataset(dataset_name)
        pairs, of = Clip.objects.filter(category__dataset=dataset, split=Split.TRAIN).count(), dataset.name
    title = f"{preset.name} on {of}: {preset.title}"
    if train.large is None:
        steps = train.steps_per_epoch or -(-pairs // (train.batch_size * train.accumulation))
        return (
            f"{title}\n  {pairs:,} train clips, {steps:,} updates per epoch, {train.epochs * steps:,} updates in all "
            f"({train.epochs} epochs). Small networks: any machine has the memory."
        )
    width = FORMATS[train.large.precision].itemsize
    assert preset.window is not None
    return describe(
        title,
        Plan(
            pairs=pairs,
            epochs=train.epochs,
            batch_size=train.batch_size,
            accumulation=train.accumulation,
            trained=tuple(NETWORKS[name] for name in preset.trained),
            window=preset.window,
            frozen_bytes=width,
            activation_bytes=width,
            gradient_checkpointing=train.large.gradient_checkpointing,
            processes=processes.count(),
        ),
    )
