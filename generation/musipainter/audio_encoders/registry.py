"""Audio encoders by name."""

from pathlib import Path

from generation.demo import WEIGHTS as PACK_WEIGHTS
from generation.musipainter.audio_encoders.encoder import AudioEncoder
from generation.musipainter.audio_encoders.musicnn import MusicnnEncoder
from generation.musipainter.presets import Preset

BEATS_FILE = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"


def build_audio_encoder(preset: Preset, weights: Path, device: str) -> AudioEncoder:
    if preset.audio_encoder == "musicnn":
        return MusicnnEncoder(PACK_WEIGHTS / "musicnn-mtt.safetensors")
    from generation.musipainter.audio_encoders.beats import BeatsEncoder  # noqa: PLC0415 -- slow import

    return BeatsEncoder.load(weights / BEATS_FILE, window=preset.window, device=device)
