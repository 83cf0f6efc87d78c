"""The audio encoder of `mini`: musicnn's penultimate features."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.demo import WEIGHTS
from generation.errors import CheckpointError
from generation.musipainter.presets import Opening, Preset
from generation.networks import MUSICNN_SAMPLE_RATE, Musicnn, check_tensors

WEIGHTS_FILE = WEIGHTS / "musicnn-mtt.safetensors"


class MusicnnEncoder:
    """musicnn's three middle layers side by side: 192 channels, four tokens per 3 s patch, 40 for 30 s.

    The 187 frames of a patch are averaged in four near-equal parts (47, 47, 47, 46). Tokens are standardised by mean
    and standard deviation of the train split. On a small split some channels hardly vary, so that other music could lie
    a million deviations away: the deviation has a floor, and what lies further than `limit` counts as that far.
    """

    name = "musicnn-mtt"
    sample_rate = MUSICNN_SAMPLE_RATE
    channels = 192
    window_seconds = 30.0
    cached = True
    parts = (47, 47, 47, 46)  # frames
    min_std = 1e-6
    limit = 2.0  # standard deviations

    def __init__(self, weights: Path) -> None:
        self.network = Musicnn.load(weights)
        self.mean = torch.zeros(self.channels)
        self.std = torch.ones(self.channels)

    @classmethod
    def needed_files(cls, opening: Opening) -> list[tuple[Path, str]]:
        return [(WEIGHTS_FILE, f"The package is incomplete: {WEIGHTS_FILE} is missing.")]

    @classmethod
    def open(cls, preset: Preset, opening: Opening) -> "MusicnnEncoder":
        return cls(WEIGHTS_FILE)

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "weights_sha256": self.network.weights_sha256,
            "layers": ["cnn1", "cnn2", "cnn3"],
            "parts": list(self.parts),
            "limit": self.limit,
            "sample_rate": self.sample_rate,
            "window_seconds": self.window_seconds,
        }

    @torch.no_grad()
    def encode(self, waveform: Tensor) -> Tensor:
        features = self.network(self.network.patches(self.network.log_mel(waveform)))
        depths = torch.cat([features.cnn1, features.cnn2, features.cnn3], dim=-1)  # (P, 187, 192)
        tokens = torch.stack([part.mean(dim=1) for part in depths.split(self.parts, dim=1)], dim=1)
        return tokens.reshape(-1, self.channels)

    def fit(self, train_features: Sequence[Tensor]) -> None:
        tokens = torch.cat(list(train_features)).double()
        self.mean = tokens.mean(dim=0).float()
        self.std = tokens.std(dim=0, unbiased=False).clamp_min(self.min_std).float()

    def condition(self, features: Tensor) -> Tensor:
        return ((features - self.mean) / self.std).clamp(-self.limit, self.limit)

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "std": self.std}

    def load_state(self, state: dict[str, Tensor]) -> None:
        shapes = dict.fromkeys(("mean", "std"), (self.channels,))
        check_tensors(shapes, state, source="The checkpoint", what="a musicnn encoder", failure=CheckpointError)
        self.mean, self.std = state["mean"], state["std"]
