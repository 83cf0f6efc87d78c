"""The parts of a preset: audio encoder, embedder, backbone."""

from dataclasses import dataclass

from generation.errors import CheckpointError
from generation.musipainter.audio_encoders import AudioEncoder, find_audio_encoder
from generation.musipainter.backbones import Backbone, find_backbone
from generation.musipainter.embedder import Embedder
from generation.musipainter.presets import Opening, Preset


@dataclass(frozen=True)
class Parts:
    """The frozen parts of a preset, loaded.

    Attributes
    ----------
    preset : Preset
        Whose parts they are.
    audio_encoder : AudioEncoder
        Hears.
    backbone : Backbone
        Paints.
    """

    preset: Preset
    audio_encoder: AudioEncoder
    backbone: Backbone


def make_embedder(parts: Parts) -> Embedder:
    """An untrained embedder that takes what the encoder gives and gives what the backbone takes.

    Parameters
    ----------
    parts : Parts
        Their channels and token length, and the preset's pooling.

    Returns
    -------
    Embedder
        Random weights, from torch's global generator.
    """
    return Embedder(parts.audio_encoder.channels, parts.backbone.out_dim, pooling=parts.preset.pooling)


def build_parts(preset: Preset, opening: Opening) -> Parts:
    """Load the frozen parts of a preset.

    Raises
    ------
    CheckpointError
        In one line: each file that is missing and where to put it, or what is wrong with one.
    """
    encoder, backbone = find_audio_encoder(preset.audio_encoder), find_backbone(preset.backbone)
    needed = [*encoder.needed_files(opening), *backbone.needed_files(opening)]
    if missing := [line for path, line in needed if not path.exists()]:
        raise CheckpointError(f"The preset {preset.name} cannot run yet. " + " ".join(missing))
    return Parts(preset, encoder.open(preset, opening), backbone.open(preset, opening))
