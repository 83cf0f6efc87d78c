"""Frozen audio encoders: music to a sequence of features.

One clip per call, always: no result may depend on which clips share a batch.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from generation.errors import AudioError, CheckpointError, MediaFileError
from generation.musipainter.data import FeatureCache, MediaItem, open_media
from generation.musipainter.versions import library_versions
from generation.networks.audio import load_audio
from generation.networks.musicnn import SAMPLE_RATE, Musicnn
from generation.networks.threads import map_side_by_side


class AudioEncoder(Protocol):
    """A frozen network that hears.

    `encode` is what may be cached; `fit` and `condition` are for encoders whose features need scaling by the train
    split, and `state` is what of that belongs into the checkpoint (empty for encoders without).
    """

    name: str
    sample_rate: int  # Hz of the waveforms it takes
    channels: int  # C
    window_seconds: float  # how much of a recording it hears
    cached: bool  # whether features are worth keeping on disk

    def describe(self) -> dict[str, Any]:
        """Name, weights hash and window, as JSON: equal descriptions, equal features."""

    def encode(self, waveform: Tensor) -> Tensor:
        """Mono waveform (N,) at `sample_rate` to features (T, C)."""

    def fit(self, train_features: Sequence[Tensor]) -> None:
        """Take what is needed from the train split's features."""

    def condition(self, features: Tensor) -> Tensor:
        """Features (..., C) as the embedder is to see them."""

    def state(self) -> dict[str, Tensor]:
        """What `fit` found."""

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Put it back."""


class MusicnnEncoder:
    """musicnn's three middle layers side by side: 192 channels, four tokens per 3 s patch, 40 for 30 s.

    The 187 frames of a patch are averaged in four near-equal parts (47, 47, 47, 46). Tokens are standardised by mean
    and standard deviation of the train split. On a small split some channels hardly vary, so that other music could lie
    a million deviations away: the deviation has a floor, and what lies further than `limit` counts as that far.
    """

    name = "musicnn-mtt"
    sample_rate = SAMPLE_RATE
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
        if state.keys() != {"mean", "std"} or any(tensor.shape != (self.channels,) for tensor in state.values()):
            raise CheckpointError("The checkpoint's token statistics are not those of a musicnn encoder.")
        self.mean, self.std = state["mean"], state["std"]


def read_window(encoder: AudioEncoder, source: MediaItem | Path, *, start: float = 0.0) -> Tensor:
    """What the encoder hears of a sound file from second `start` on: (N,) at its sample rate.

    AudioError names the file when it cannot be read or ends before that.
    """
    clip = source if isinstance(source, MediaItem) else MediaItem("", source)
    waveform = read_clip(clip, encoder.sample_rate)
    window = waveform[round(start * encoder.sample_rate) :][: round(encoder.window_seconds * encoder.sample_rate)]
    if not len(window):
        raise AudioError(f"{clip.path.name}: ends before second {start:g}")
    return window


def read_clip(clip: MediaItem, sample_rate: int) -> Tensor:
    """A whole sound file as one mono waveform (N,); AudioError names the file."""
    try:
        return load_audio(open_media(clip), sample_rate)
    except MediaFileError as error:
        raise AudioError(f"{clip.path.name}: {error}") from error


def listen(encoder: AudioEncoder, window: Tensor, name: str) -> Tensor:
    """Features (T, C) of a window; AudioError names the file when it is too short or gives no finite features."""
    try:
        features = encoder.encode(window)
    except AudioError as error:
        raise AudioError(f"{name}: {error}") from error
    if not bool(features.isfinite().all()):
        raise AudioError(f"{name}: {encoder.name} gives values that are no finite numbers")
    return features


def hear_all(encoder: AudioEncoder, clips: Sequence[MediaItem], cache: FeatureCache) -> Iterator[Tensor]:
    """Features of every clip, in order, from the cache where it has them."""
    return map_side_by_side(lambda clip: hear_clip(encoder, clip, cache), clips)


def hear_clip(encoder: AudioEncoder, clip: MediaItem, cache: FeatureCache) -> Tensor:
    """Features (T, C) of a clip's first window, from the cache where it has them."""

    def compute() -> Tensor:
        return listen(encoder, read_window(encoder, clip), clip.path.name)

    if not encoder.cached:
        return compute()
    identity = {"encoder": encoder.describe(), "libraries": library_versions()}
    return cache.fetch(clip.sha256, identity, compute)
