"""The parts of a preset: audio encoder, embedder, backbone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.demo import WEIGHTS as PACK_WEIGHTS
from generation.errors import CheckpointError
from generation.musipainter.audio_encoders import BEATS_FILE, AudioEncoder, build_audio_encoder
from generation.musipainter.backbones import DIFFUSION_FOLDER, Backbone, build_backbone
from generation.musipainter.config import Precision
from generation.musipainter.data import MediaItem
from generation.musipainter.embedder import Embedder
from generation.musipainter.presets import Preset


@dataclass(frozen=True)
class Parts:
    """The frozen parts of a preset, loaded."""

    preset: Preset
    audio_encoder: AudioEncoder
    backbone: Backbone


def make_embedder(parts: Parts) -> Embedder:
    """An untrained embedder that takes what the encoder gives and gives what the backbone takes."""
    return Embedder(parts.audio_encoder.channels, parts.backbone.out_dim, pooling=parts.preset.pooling)


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
        build_audio_encoder(preset, weights, device),
        build_backbone(
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
