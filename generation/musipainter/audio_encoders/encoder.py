"""Frozen audio encoders: music to a sequence of features.

One clip per call, always: no result may depend on which clips share a batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from generation.musipainter.presets import Opening, Preset


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

    @classmethod
    def needed_files(cls, opening: Opening) -> list[tuple[Path, str]]:
        """Weights files, each with the sentence that is said when it is missing."""

    @classmethod
    def open(cls, preset: Preset, opening: Opening) -> "AudioEncoder":
        """With its weights, as the preset hears; CheckpointError says what is wrong with them."""

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
