"""Style transfer as it is known before its networks are loaded. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.demo import WEIGHTS
from generation.musipainter.backbones import style_transfer
from generation.musipainter.backbones.kind import BackboneKind
from generation.musipainter.presets import Opening, Preset

PREDICT, TRANSFORM = WEIGHTS / "style-predict.onnx", WEIGHTS / "style-transform.onnx"


@dataclass(frozen=True)
class StyleSettings:
    """How an audio token becomes an image; see `transfer.StyleTransferBackbone.paint`.

    Attributes
    ----------
    set_seed : int
        Decides the order of the photographs.
    strength : float
        How far a photograph's own style code moves towards the target; 1 is all the way.
    artwork_share : float
        Share of a drawn artwork's code in the target, 0 .. 1; the rest is the predicted code.
    temperature : float
        Of the softmax by which artworks are drawn.
    retry_strength : float
        The strength of the second attempt with the same artwork.
    max_artworks : int
        So many are tried at most.
    min_luminance_mean, min_luminance_std : float
        Below these an image counts as nearly black or empty; luminance in 0 .. 1.
    """

    set_seed: int = 0
    strength: float = 1.2
    artwork_share: float = 0.6
    temperature: float = 0.06
    retry_strength: float = 1.0
    max_artworks: int = 3
    min_luminance_mean: float = 0.10
    min_luminance_std: float = 0.10


def settle(set_seed: int, batch_size: int, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Images do not depend on the batch."""
    return {"set_seed": set_seed, **choices}


def needed_files(opening: Opening) -> list[tuple[Path, str]]:
    """Both networks come with the package."""
    return [(path, f"The package is incomplete: {path} is missing.") for path in (PREDICT, TRANSFORM)]


def open_networks(preset: Preset, opening: Opening) -> "style_transfer.StyleTransferBackbone":
    """The backbone over the opening's photographs."""
    return style_transfer.StyleTransferBackbone(predict=PREDICT, transform=TRANSFORM, photos=opening.photos)


STYLE_TRANSFER = BackboneKind(
    settings=StyleSettings, open=open_networks, settle=settle, needed_files=needed_files, paints_on_photos=True
)
