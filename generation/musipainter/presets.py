"""The recipes by name: which frozen parts, which embedder, which training.

`mini` runs on any laptop from files inside the package. The paper's four models and its baseline need weights that
each site fetches for itself; `build_parts` says which file is missing and where it belongs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from generation.demo import WEIGHTS as PACK_WEIGHTS
from generation.errors import CheckpointError
from generation.musipainter.audio_encoders.encoder import AudioEncoder, MusicnnEncoder
from generation.musipainter.backbones.backbone import Backbone
from generation.musipainter.backbones.conditioning import check_prompt
from generation.musipainter.backbones.style_transfer import StyleTransferBackbone
from generation.musipainter.config import (
    LabelTarget,
    LargeConfig,
    LossConfig,
    Precision,
    StyleSettings,
    TrainConfig,
    WindowMode,
)
from generation.musipainter.data import MediaItem
from generation.musipainter.embedder import Embedder, Pooling

Trained = Literal["embedder", "audio_encoder", "generator"]
# What an ablation may change in the parts of a preset.
CHOICES = ("pooling", "window", "prompt", "label_target")


@dataclass(frozen=True)
class Preset:
    """One recipe. `paper_epoch`: the epoch whose weights the paper used."""

    name: str
    title: str
    audio_encoder: Literal["musicnn", "beats"]
    backbone: Literal["style-transfer", "stable-diffusion"]
    train: TrainConfig
    trained: tuple[Trained, ...] = ("embedder",)
    pooling: Pooling = "attentive"
    window: WindowMode | None = None
    prompt: str = ""
    label_target: LabelTarget | None = None
    paper_epoch: int | None = None


@dataclass(frozen=True)
class Parts:
    """The frozen parts of a preset, loaded."""

    preset: Preset
    audio_encoder: AudioEncoder
    backbone: Backbone


def make_embedder(parts: Parts) -> Embedder:
    """An untrained embedder that takes what the encoder gives and gives what the backbone takes."""
    return Embedder(parts.audio_encoder.channels, parts.backbone.out_dim, pooling=parts.preset.pooling)


BEATS_FILE = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
DIFFUSION_FOLDER = "stable-diffusion-v1-4"


def _paper(name: str, title: str, *, prompt: str = "An art image of <*>", **fields: Any) -> Preset:
    return Preset(
        name=name,
        title=title,
        audio_encoder="beats",
        backbone="stable-diffusion",
        prompt=prompt,
        window=fields.pop("window", "windows"),
        label_target="table",
        **fields,
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
            train=TrainConfig(
                epochs=25, learning_rate=8e-5, batch_size=8, validation_batch_size=1, large=LargeConfig()
            ),
            paper_epoch=21,
        ),
        _paper(
            "musipainter-2",
            "Musipainter conditional model 2: projection, BEATs and U-Net are trained",
            train=TrainConfig(
                epochs=50,
                learning_rate=1e-5,
                batch_size=8,
                validation_batch_size=8,
                large=LargeConfig(gradient_checkpointing=True),
            ),
            trained=("embedder", "audio_encoder", "generator"),
            paper_epoch=36,
        ),
        _paper(
            "preliminary-1",
            "Preliminary model 1",
            train=TrainConfig(
                epochs=8, learning_rate=8e-5, batch_size=1, accumulation=4, schedule="constant", large=LargeConfig()
            ),
            paper_epoch=8,
        ),
        _paper(
            "preliminary-2",
            "Preliminary model 2: with the l2 term of eq. 9",
            train=TrainConfig(
                epochs=13,
                learning_rate=8e-5,
                batch_size=1,
                accumulation=4,
                loss=LossConfig(lambda_l2=0.01),
                large=LargeConfig(),
            ),
            paper_epoch=13,
        ),
        _paper(
            "audiotoken",
            "AudioToken, the baseline that Musipainter builds on",
            prompt="a photo of <*>",
            window="crop5",
            train=TrainConfig(
                epochs=25,
                learning_rate=8e-5,
                batch_size=8,
                schedule="constant",
                loss=LossConfig(lambda_class=0.0),
                large=LargeConfig(),
            ),
        ),
    )
}


def find_preset(name: str) -> Preset:
    """The preset of this name; CheckpointError lists the names there are."""
    if name not in PRESETS:
        raise CheckpointError(f'There is no preset "{name}"; choose one of {", ".join(PRESETS)}.')
    return PRESETS[name]


def vary_preset(preset: Preset, changes: Mapping[str, Any]) -> Preset:
    """The preset with other choices where it leaves one: window, pooling, label target, prompt.

    CheckpointError when the preset has no such choice, or a prompt no place for the music.
    """
    for name in changes:
        if getattr(preset, name) in (None, ""):
            raise CheckpointError(f"The preset {preset.name} has no {name.replace('_', ' ')} to choose.")
    if "prompt" in changes:
        check_prompt(changes["prompt"])
    return replace(preset, **changes)


def describe_choices(preset: Preset) -> dict[str, Any]:
    """What `vary_preset` can change, as JSON; a run's config keeps it."""
    return {name: getattr(preset, name) for name in CHOICES if getattr(preset, name) not in (None, "")}


def preset_of_run(config: Mapping[str, Any]) -> Preset:
    """The preset as a run's config says that it was trained."""
    return vary_preset(find_preset(config["preset"]), config.get("choices", {}))


def build_parts(
    preset: Preset,
    *,
    weights: Path,
    diffusion: str = "",
    photos: Sequence[MediaItem] = (),
    device: str = "cpu",
    precision: Precision = "float32",
    channels_last: bool = False,
    compiled: bool = False,
) -> Parts:
    """Load the frozen parts of a preset.

    weights: folder of the weights that a site fetches for itself (`mini` needs none).
    diffusion: a folder or hub name of Stable Diffusion, where it does not lie in `weights`.
    photos: what a style-transfer backbone paints on; training needs none.
    device, precision, channels_last, compiled: of large networks; small ones compute on the CPU in float32,
    everywhere alike.
    Raises CheckpointError with one line that names each missing file and where to put it.
    """
    if missing := [line for path, line in needed_files(preset, weights, diffusion) if not path.exists()]:
        raise CheckpointError(f"The preset {preset.name} cannot run yet. " + " ".join(missing))
    return Parts(
        preset,
        _build_audio_encoder(preset, weights, device),
        _build_backbone(
            preset,
            diffusion or weights / DIFFUSION_FOLDER,
            photos,
            device=device,
            precision=precision,
            channels_last=channels_last,
            compiled=compiled,
        ),
    )


def needed_files(preset: Preset, weights: Path, diffusion: str = "") -> list[tuple[Path, str]]:
    """Files and folders of a preset, each with the sentence that is said when it is missing."""
    files: list[tuple[Path, str]] = []
    if preset.audio_encoder == "musicnn":
        path = PACK_WEIGHTS / "musicnn-mtt.safetensors"
        files.append((path, f"The package is incomplete: {path} is missing."))
    if preset.backbone == "style-transfer":
        for name in ("style-predict.onnx", "style-transform.onnx"):
            files.append((PACK_WEIGHTS / name, f"The package is incomplete: {PACK_WEIGHTS / name} is missing."))
    if preset.audio_encoder == "beats":
        path = weights / BEATS_FILE
        files.append((path, f"The BEATs checkpoint is missing: put {BEATS_FILE} (363 MB) at {path}."))
    if preset.backbone == "stable-diffusion" and not diffusion:
        path = weights / DIFFUSION_FOLDER
        files.append((path, f"Stable Diffusion v1-4 is missing: put its diffusers folder at {path}."))
    return files


def settle_painting(preset: Preset, *, set_seed: int, batch_size: int, choices: Mapping[str, Any]) -> Any:
    """How the preset's backbone paints, with the choices that were made: a complete record that decides the images.

    choices: fields of `StyleSettings` or `DiffusionSettings`; "auto" for device and precision is settled here.
    CheckpointError when the backbone has no such setting, or a value cannot be.
    """
    kind: Any = StyleSettings
    given: dict[str, Any] = {"set_seed": set_seed}
    if preset.backbone == "stable-diffusion":
        from generation.musipainter.backbones.stable_diffusion import DiffusionSettings  # noqa: PLC0415
        from generation.musipainter.devices import choose_device, choose_precision  # noqa: PLC0415 -- slow import

        kind = DiffusionSettings
        device = choose_device(choices.get("device") or "auto")
        precision = choose_precision(choices.get("precision") or "auto", device)
        given = {"batch_size": batch_size}
        choices = {**choices, "device": device.type, "precision": precision}
    known = {item.name for item in fields(kind)}
    if unknown := sorted(choices.keys() - known):
        raise CheckpointError(f"The preset {preset.name} paints without a setting {unknown[0]!r}.")
    return kind(**{**given, **choices})


def _build_audio_encoder(preset: Preset, weights: Path, device: str) -> AudioEncoder:
    if preset.audio_encoder == "musicnn":
        return MusicnnEncoder(PACK_WEIGHTS / "musicnn-mtt.safetensors")
    from generation.musipainter.audio_encoders.beats import BeatsEncoder  # noqa: PLC0415 -- slow import

    return BeatsEncoder.load(weights / BEATS_FILE, window=preset.window, device=device)


def _build_backbone(preset: Preset, diffusion: str | Path, photos: Sequence[MediaItem], **options: Any) -> Backbone:
    if preset.backbone == "style-transfer":
        return StyleTransferBackbone(
            predict=PACK_WEIGHTS / "style-predict.onnx",
            transform=PACK_WEIGHTS / "style-transform.onnx",
            photos=photos,
        )
    from generation.musipainter.backbones.stable_diffusion import StableDiffusionBackbone  # noqa: PLC0415 -- slow import

    return StableDiffusionBackbone.load(
        diffusion,
        prompt=preset.prompt,
        label_target=preset.label_target,
        **options,
    )
