"""Stable Diffusion as it is known before its networks are loaded. No torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generation import musipainter
from generation.musipainter.backbones import stable_diffusion
from generation.musipainter.backbones.kind import BackboneKind
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings
from generation.musipainter.presets import Opening, Preset

DIFFUSION_FOLDER = "stable-diffusion-v1-4"


def settle(set_seed: int, batch_size: int, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Device and number format are settled by what this machine has; both decide how the networks round."""
    device = musipainter.choose_device(choices.get("device") or "auto")
    precision = musipainter.choose_precision(choices.get("precision") or "auto", device)
    return {"batch_size": batch_size, **choices, "device": device.type, "precision": precision}


def needed_files(opening: Opening) -> list[tuple[Path, str]]:
    """A folder in diffusers' layout, unless the opening names another place."""
    path = opening.weights / DIFFUSION_FOLDER
    line = f"Stable Diffusion v1-4 is missing: put its diffusers folder at {path}."
    return [] if opening.diffusion else [(path, line)]


def open_networks(preset: Preset, opening: Opening) -> "stable_diffusion.StableDiffusionBackbone":
    """The backbone with the preset's prompt and label target."""
    return stable_diffusion.StableDiffusionBackbone.load(
        opening.diffusion or opening.weights / DIFFUSION_FOLDER,
        prompt=preset.prompt,
        label_target=preset.label_target,
        device=opening.device,
        precision=opening.precision,
        channels_last=opening.channels_last,
        compiled=opening.compiled,
    )


STABLE_DIFFUSION = BackboneKind(
    settings=DiffusionSettings,
    open=open_networks,
    settle=settle,
    needed_files=needed_files,
    is_large=True,
    title="How Stable Diffusion paints",
    group="diffusion",
    description="For the paper's models. All are kept with every image.",
)
