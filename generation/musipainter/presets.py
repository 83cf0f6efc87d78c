"""The recipes by name: which frozen parts, which embedder, which training.

`mini` runs on any laptop from files inside the package. The paper's four models and its baseline need weights that
each site fetches for itself; `build_parts` says which file is missing and where it belongs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from generation.errors import CheckpointError
from generation.musipainter.config import (
    LabelTarget,
    LargeConfig,
    LossConfig,
    Pooling,
    Precision,
    TrainConfig,
    WindowMode,
    check_prompt,
)
from generation.musipainter.options import option, options_of

if TYPE_CHECKING:
    from generation.musipainter.data import MediaItem

Trained = Literal["embedder", "audio_encoder", "generator"]


@dataclass(frozen=True)
class Preset:
    """One recipe.

    Attributes
    ----------
    name, title : str
        For commands, and for people.
    audio_encoder, backbone : str
        Names in `AUDIO_ENCODERS` and `BACKBONES`.
    train : TrainConfig
        Its training; `large` is None for small networks.
    trained : tuple of str
        Which parts learn.
    pooling, window, prompt, label_target
        What an ablation may change; None or "" where there is nothing to choose.
    paper_epoch : int or None
        The epoch whose weights the paper used.
    """

    name: str
    title: str
    audio_encoder: str  # one of `audio_encoders.AUDIO_ENCODERS`
    backbone: str  # one of `backbones.BACKBONES`
    train: TrainConfig
    trained: tuple[Trained, ...] = ("embedder",)
    # What an ablation may change; None and "" where there is nothing to choose.
    pooling: Pooling = option("attentive", "How tokens become one.")
    window: WindowMode | None = option(None, "How much of the music is heard.")
    prompt: str = option("", "Prompt with <*> where the music goes.", metavar="TEXT")
    label_target: LabelTarget | None = option(None, "What eq. 2 pulls towards.")
    paper_epoch: int | None = None


CHOICES = tuple(item.name for item in options_of(Preset))


@dataclass(frozen=True)
class Opening:
    """What the frozen parts of a preset are opened with.

    Attributes
    ----------
    weights : Path
        Folder of the weights that a site fetches for itself (`mini` needs none).
    diffusion : str
        A folder or hub name of Stable Diffusion, where it does not lie in `weights`.
    photos : sequence of MediaItem
        What a backbone paints on, where it does; training needs none.
    device, precision, channels_last, compiled
        Of large networks; small ones compute on the CPU in float32, everywhere alike.
    """

    weights: Path
    diffusion: str = ""
    photos: Sequence["MediaItem"] = ()
    device: str = "cpu"
    precision: Precision = "float32"
    channels_last: bool = False
    compiled: bool = False


def _paper(name: str, title: str, train: TrainConfig, large: LargeConfig | None = None, **fields: Any) -> Preset:
    fields = {"prompt": "An art image of <*>", "window": "windows", "label_target": "table"} | fields
    return Preset(
        name, title, "beats", "stable-diffusion", train=replace(train, large=large or LargeConfig()), **fields
    )


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="mini",
            title="Musipainter mini: music-conditioned stylisation of photographs",
            audio_encoder="musicnn",
            backbone="style-transfer",
            # 30 epochs of 10 steps: so few clips that an epoch in the usual sense would be half a step.
            train=TrainConfig(
                epochs=30,
                steps_per_epoch=10,
                batch_size=48,
                validation_batch_size=48,
                learning_rate=2e-3,
                tokens_per_clip=16,
                feature_dropout=0.3,
            ),
        ),
        _paper(
            "musipainter-1",
            "Musipainter conditional model 1: the projection alone is trained",
            TrainConfig(epochs=25, learning_rate=8e-5, batch_size=8, validation_batch_size=1),
            paper_epoch=21,
        ),
        _paper(
            "musipainter-2",
            "Musipainter conditional model 2: projection, BEATs and U-Net are trained",
            TrainConfig(epochs=50, learning_rate=1e-5, batch_size=8, validation_batch_size=8),
            LargeConfig(gradient_checkpointing=True),
            trained=("embedder", "audio_encoder", "generator"),
            paper_epoch=36,
        ),
        _paper(
            "preliminary-1",
            "Preliminary model 1",
            TrainConfig(epochs=8, learning_rate=8e-5, batch_size=1, accumulation=4, schedule="constant"),
            paper_epoch=8,
        ),
        _paper(
            "preliminary-2",
            "Preliminary model 2: with the l2 term of eq. 9",
            TrainConfig(epochs=13, learning_rate=8e-5, batch_size=1, accumulation=4, loss=LossConfig(lambda_l2=0.01)),
            paper_epoch=13,
        ),
        _paper(
            "audiotoken",
            "AudioToken, the baseline that Musipainter builds on",
            TrainConfig(
                epochs=25, learning_rate=8e-5, batch_size=8, schedule="constant", loss=LossConfig(lambda_class=0.0)
            ),
            prompt="a photo of <*>",
            window="crop5",
        ),
    )
}


def find_preset(name: str) -> Preset:
    """The preset of this name; CheckpointError lists the names there are.

    Parameters
    ----------
    name : str
        A key of `PRESETS`.

    Raises
    ------
    CheckpointError
        Lists the names there are.
    """
    if name not in PRESETS:
        raise CheckpointError(f'There is no preset "{name}"; choose one of {", ".join(PRESETS)}.')
    return PRESETS[name]


def vary_preset(preset: Preset, changes: Mapping[str, Any]) -> Preset:
    """The preset with other choices where it leaves one: window, pooling, label target, prompt.

    Parameters
    ----------
    preset : Preset
        Stays as it is.
    changes : mapping
        Choices by name.

    Returns
    -------
    Preset
        A copy.

    Raises
    ------
    CheckpointError
        When the preset has no such choice, or a prompt no place for the music.
    """
    for name in changes:
        if getattr(preset, name) in (None, ""):
            raise CheckpointError(f"The preset {preset.name} has no {name.replace('_', ' ')} to choose.")
    if "prompt" in changes:
        check_prompt(changes["prompt"])
    return replace(preset, **changes)


def describe_choices(preset: Preset) -> dict[str, Any]:
    """What `vary_preset` can change, as JSON; a run's config keeps it.

    Parameters
    ----------
    preset : Preset
        As it was varied.

    Returns
    -------
    dict
        Choices by name; those that the preset does not have are left out.
    """
    return {name: getattr(preset, name) for name in CHOICES if getattr(preset, name) not in (None, "")}


def preset_of_run(config: Mapping[str, Any]) -> Preset:
    """The preset as a run's config says that it was trained.

    Parameters
    ----------
    config : mapping
        config.json of a run; `preset` and `choices` are read.

    Raises
    ------
    CheckpointError
        When there is no such preset any more.
    """
    return vary_preset(find_preset(config["preset"]), config.get("choices", {}))
