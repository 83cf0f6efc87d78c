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

    Attributes
    ----------
    name : str
        Stands in provenance.
    sample_rate : int
        Hz, of the waveforms that it takes.
    channels : int
        C, of its features.
    window_seconds : float
        How much of a recording it hears, in seconds.
    cached : bool
        Whether its features are worth keeping on disk.
    """

    name: str
    sample_rate: int  # Hz of the waveforms it takes
    channels: int  # C
    window_seconds: float  # how much of a recording it hears
    cached: bool  # whether features are worth keeping on disk

    @classmethod
    def needed_files(cls, opening: Opening) -> list[tuple[Path, str]]:
        """Weights files, each with the sentence that is said when it is missing.

        Parameters
        ----------
        opening : Opening
            Where the site keeps weights.

        Returns
        -------
        list of (Path, str)
            Empty where there are none.
        """

    @classmethod
    def open(cls, preset: Preset, opening: Opening) -> "AudioEncoder":
        """With its weights, as the preset hears; CheckpointError says what is wrong with them."""

    def describe(self) -> dict[str, Any]:
        """Name, weights hash and window, as JSON: equal descriptions, equal features."""

    def encode(self, waveform: Tensor) -> Tensor:
        """Hear one waveform.

        Parameters
        ----------
        waveform : Tensor, float32 (N,)
            Mono, at `sample_rate` Hz, in [-1, 1].

        Returns
        -------
        Tensor, float32 (T, C)
            On the CPU.

        Raises
        ------
        AudioError
            When it is too short; the caller adds the file's name.
        """

    def fit(self, train_features: Sequence[Tensor]) -> None:
        """Take what is needed from the train split's features.

        Parameters
        ----------
        train_features : sequence of Tensor (T, C)
            Each clip once, in one order.
        """

    def condition(self, features: Tensor) -> Tensor:
        """Features (..., C) as the embedder is to see them."""

    def state(self) -> dict[str, Tensor]:
        """What `fit` found."""

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Put it back."""
