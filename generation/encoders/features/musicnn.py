"""musicnn's features of a sound."""

from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from generation.encoders.features.cache import Features
from generation.encoders.versions import package_versions
from generation.networks import MUSICNN_SAMPLE_RATE, Musicnn, load_audio

PATCHES_AT_ONCE = 10  # 30 s; a longer clip is heard in such portions, so that an hour of music fits into memory


class MusicnnExtractor:
    """Mean of musicnn's penultimate layer over all whole 3 s patches of a clip: 200 numbers.

    Parameters
    ----------
    weights : Path
        MSD weights of Pons & Serra (2019) as .safetensors.

    Raises
    ------
    CheckpointError
        When the file is missing or is something else.
    """

    def __init__(self, weights: Path) -> None:
        self.network = Musicnn.load(weights)
        self.file = weights.name

    def describe(self) -> dict[str, Any]:
        return {
            "weights": {self.file: self.network.weights_sha256},
            "features": "musicnn, mean of the penultimate layer over 3 s patches",
            "versions": package_versions("torch", "numpy", "scipy", "soundfile"),
        }

    def extract(self, data: bytes) -> Features:
        waveform = load_audio(BytesIO(data), MUSICNN_SAMPLE_RATE)
        patches = self.network.patches(self.network.log_mel(waveform))
        rows = torch.cat([self.network(part).penultimate for part in patches.split(PATCHES_AT_ONCE)])
        return rows.double().mean(dim=0).float().numpy()
