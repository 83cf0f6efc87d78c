"""Backbones by name."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from generation.demo import WEIGHTS as PACK_WEIGHTS
from generation.errors import CheckpointError
from generation.musipainter.backbones.backbone import Backbone
from generation.musipainter.backbones.style_transfer import StyleTransferBackbone
from generation.musipainter.config import StyleSettings
from generation.musipainter.data import MediaItem
from generation.musipainter.presets import Preset

DIFFUSION_FOLDER = "stable-diffusion-v1-4"


def settle_painting(preset: Preset, *, set_seed: int, batch_size: int, choices: Mapping[str, Any]) -> Any:
    """How the preset's backbone paints, with the choices that were made: a complete record that decides the images.

    choices: fields of `StyleSettings` or `DiffusionSettings`; "auto" for device and precision is settled here.
    CheckpointError when the backbone has no such setting, or a value cannot be.
    """
    kind: Any = StyleSettings
    given: dict[str, Any] = {"set_seed": set_seed}
    if preset.backbone == "stable-diffusion":
        from generation.musipainter.backbones.diffusion_settings import DiffusionSettings  # noqa: PLC0415
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


def build_backbone(preset: Preset, diffusion: str | Path, photos: Sequence[MediaItem], **options: Any) -> Backbone:
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
