"""What a frozen image generator has to offer, so that one training loop and one pipeline serve every preset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from generation.musipainter.backbones.losses import LossTerms
from generation.musipainter.config import LossConfig
from generation.musipainter.data import FeatureCache, MediaItem


@dataclass(frozen=True)
class Painting:
    """An image and every choice that went into it, as JSON.

    Attributes
    ----------
    image : PIL.Image.Image
        RGB.
    choices : dict
        As JSON; `settings` is how it was painted.
    """

    image: Image.Image
    choices: dict[str, Any]


class Backbone(Protocol):
    """A frozen image generator steered by one audio token e_audio (d,).

    Attributes
    ----------
    name : str
        Stands in provenance and in the registry.
    out_dim : int
        d, the length of an audio token.
    """

    name: str
    out_dim: int  # d

    def describe(self) -> dict[str, Any]:
        """Name and weights hashes, as JSON."""

    def fit(self, train: Sequence[MediaItem], other: Sequence[MediaItem], cache: FeatureCache) -> None:
        """See the images of training once: statistics from `train` alone; `other` are validation artworks."""

    def training_loss(
        self,
        e_audio: Tensor,
        images: Sequence[MediaItem],
        labels: Sequence[str],
        *,
        config: LossConfig,
        generator: torch.Generator,
    ) -> LossTerms:
        """The overall loss (eq. 3 or 9) of audio tokens paired with artworks.

        Parameters
        ----------
        e_audio : Tensor (B, d)
            With gradients.
        images : sequence of MediaItem
            B artworks.
        labels : sequence of str
            Their categories.
        config : LossConfig
            Weights and readings.
        generator : torch.Generator
            All noise comes from it.

        Returns
        -------
        LossTerms
            Scalars.
        """

    def render(self, e_audio: Tensor, seeds: Sequence[int], settings: Any, *, places: Sequence[int]) -> list[Painting]:
        """Paint one image per audio token and seed.

        Parameters
        ----------
        e_audio : Tensor (B, d)
            Without gradients.
        seeds : sequence of int
            Decide all that is random in an image.
        settings : object
            Of the type that its `BackboneKind` names.
        places : sequence of int
            How many images of its category come before each in the set; backbones that repaint photographs walk through
            them by it, so that none repeats inside a category before all were used.

        Returns
        -------
        list of Painting
            In the tokens' order.
        """

    def state(self) -> dict[str, Tensor]:
        """Statistics that belong into the checkpoint."""

    def notes(self) -> dict[str, Any]:
        """What belongs to `state` and is no tensor, as JSON."""

    def load_state(self, state: dict[str, Tensor], notes: dict[str, Any]) -> None:
        """Put both back."""
