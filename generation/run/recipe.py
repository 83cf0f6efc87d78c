"""The bridge from rows to the arithmetic of a training run. Imported inside functions only."""

from collections.abc import Callable, Mapping
from typing import Any

from generation import processes
from generation.datasets import museart
from generation.errors import DatasetError
from generation.models import Clip, Split
from generation.musipainter import FORMATS, Preset, TrainConfig, find_preset, vary_preset
from generation.musipainter.training import Plan, describe
from generation.stimuli import find_dataset

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
        try:
            dataset = find_dataset(dataset_name)
        except DatasetError as error:
            raise DatasetError(
                f"{error} Without --dataset, --dry-run counts Museart as the paper splits it."
            ) from error
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
            running_mean=train.large.ema_decay > 0,
            processes=processes.count(),
            steps_per_epoch=train.steps_per_epoch,
        ),
        recipe=list_choices(preset, train),
    )


def list_choices(preset: Preset, train: TrainConfig) -> list[tuple[str, str]]:
    """What decides a run besides sizes, as label and value."""
    loss = train.loss
    terms = [(loss.lambda_class, "eq. 2"), (loss.lambda_l1, "l1"), (loss.lambda_l2, "l2")]
    weighted = " + ".join(["eq. 1", *(f"{weight:g} {term}" for weight, term in terms if weight)])
    readings = f"l1 {loss.l1_reduction}, l2 to the power {loss.l2_power}, eq. 2 per {loss.class_reduction}"
    assert train.large is not None
    return [
        ("prompt", preset.prompt),
        ("pooling", preset.pooling),
        ("label of eq. 2", str(preset.label_target)),
        ("loss", f"{weighted}  ({readings})"),
        ("optimiser", f"AdamW, betas {train.betas[0]:g} and {train.betas[1]:g}, weight decay {train.weight_decay:g}"),
        ("learning rate", f"{train.learning_rate:g}, {train.schedule}"),
        ("precision", train.large.precision),
        ("seed", str(train.seed)),
        ("validation batch", str(train.validation_batch_size)),
    ]
