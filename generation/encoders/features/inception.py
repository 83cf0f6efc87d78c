"""Features for FID, in three conventions that are never mixed: the convention's name belongs to every number.

FID is a distance between features of one network, and tools disagree on how an image gets into it. On 512 x 512
images the three give clearly different numbers, so each stands under the name of the tool whose steps it follows:

- "pytorch-fid": [0, 1], bilinear to 299 x 299 without antialiasing (pixel centres aligned), then 2x - 1. The tool
  that the paper names.
- "torch-fidelity": bilinear as TensorFlow 1 did it (top left corners aligned), then (x - 128) / 128.
- "clean-fid": Pillow's bicubic with antialiasing on each channel as float, cut to 0..255, then (x - 128) / 128, and
  NVIDIA's TorchScript copy of the network.

FID is also a number of one particular weights file. Another file is refused unless the caller says that it is meant.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from generation.encoders.features.cache import Features
from generation.encoders.features.inception_network import FEATURES, SIZE, FidInception
from generation.encoders.versions import package_versions
from generation.encoders.weight_files import WeightFile, fill_network, find_file, load_tensors
from generation.errors import EmbeddingError, first_line
from generation.files import decode_image
from generation.networks import explain_unreadable

Convention = Literal["pytorch-fid", "torch-fidelity", "clean-fid"]
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
Pixels = NDArray[np.uint8]


def prepare_as_pytorch_fid(pixels: Pixels) -> Tensor:
    """(H, W, 3) in 0..255 -> (3, 299, 299) in [-1, 1]."""
    image = _channels_first(pixels) / 255
    resized = F.interpolate(image[None], size=(SIZE, SIZE), mode="bilinear", align_corners=False, antialias=False)[0]
    return 2 * resized - 1


def prepare_as_torch_fidelity(pixels: Pixels) -> Tensor:
    """(H, W, 3) in 0..255 -> (3, 299, 299) in [-1, 127/128]."""
    image = _channels_first(pixels)
    _, height, width = image.shape
    top, bottom, down = _tensorflow_positions(height)
    left, right, across = _tensorflow_positions(width)
    upper, lower = image[:, top], image[:, bottom]
    upper = upper[:, :, left] + (upper[:, :, right] - upper[:, :, left]) * across
    lower = lower[:, :, left] + (lower[:, :, right] - lower[:, :, left]) * across
    return (upper + (lower - upper) * down[:, None] - 128) / 128


def prepare_as_clean_fid(pixels: Pixels) -> Tensor:
    """(H, W, 3) in 0..255 -> (3, 299, 299) in [-1, 127/128]."""
    channels = [
        np.asarray(Image.fromarray(channel.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BICUBIC))
        for channel in np.moveaxis(pixels, 2, 0)
    ]
    return (torch.from_numpy(np.stack(channels).clip(0, 255)) - 128) / 128


@dataclass(frozen=True)
class Recipe:
    """How one convention makes features of an image, and with which published file."""

    prepare: Callable[[Pixels], Tensor]
    file_names: tuple[str, ...]
    published_sha256: str
    torchscript: bool
    steps: str


_TF_PORT = ("pt_inception-2015-12-05-6726825d.pth", "weights-inception-2015-12-05-6726825d.pth")  # one file, two names
_TF_PORT_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"

RECIPES: dict[Convention, Recipe] = {
    "pytorch-fid": Recipe(
        prepare_as_pytorch_fid, _TF_PORT, _TF_PORT_SHA256, False, "bilinear to 299 without antialiasing, 2x - 1"
    ),
    "torch-fidelity": Recipe(
        prepare_as_torch_fidelity, _TF_PORT, _TF_PORT_SHA256, False, "bilinear to 299 as TensorFlow 1, (x - 128) / 128"
    ),
    "clean-fid": Recipe(
        prepare_as_clean_fid,
        ("inception-2015-12-05.pt",),
        "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4",
        True,
        "bicubic with antialiasing to 299, cut to 0..255, (x - 128) / 128",
    ),
}


class InceptionExtractor:
    """FID features of an image in one convention: 2048 numbers."""

    def __init__(self, weights: Path, *, convention: Convention, other_weights: bool = False) -> None:
        """other_weights: take a file that is not the published one; it is then said beside every number.

        A TorchScript file ("clean-fid") is a program: take another one only from where you would take a program.
        Raises EmbeddingError naming the file and what is wrong with it.
        """
        if convention not in CONVENTIONS:
            raise EmbeddingError(f"Conventions of FID are {', '.join(CONVENTIONS)}; there is no {convention!r}.")
        self.convention, self.recipe = convention, RECIPES[convention]
        if not weights.is_file():
            raise EmbeddingError(f"There is no weights file {weights}.")
        self.weights = WeightFile.read(weights, self.recipe.published_sha256)
        if not (self.weights.published or other_weights):
            raise EmbeddingError(
                f"{weights} is not the file that FID ({convention}) is defined with: its SHA-256 begins with "
                f"{self.weights.sha256[:8]}, not {self.recipe.published_sha256[:8]}."
            )
        self.network = _load_torchscript(weights) if self.recipe.torchscript else _load_tensors(weights)

    @classmethod
    def find(
        cls, weights_dir: Path, *, convention: Convention = "pytorch-fid", other_weights: bool = False
    ) -> "InceptionExtractor":
        """With the convention's file from `weights_dir`; EmbeddingError says what to put there."""
        if convention not in CONVENTIONS:
            raise EmbeddingError(f"Conventions of FID are {', '.join(CONVENTIONS)}; there is no {convention!r}.")
        path = find_file(weights_dir, RECIPES[convention].file_names, what=f"Inception ({convention})")
        return cls(path, convention=convention, other_weights=other_weights)

    @property
    def name(self) -> str:
        """Stands beside every number: values under different names never share a column."""
        return f"inception-{self.convention}"

    @property
    def notes(self) -> list[str]:
        """What must be said beside numbers made with these weights."""
        if self.weights.published:
            return []
        return [f"Inception's weights are not the published file: not comparable with any FID ({self.convention})."]

    @property
    def distance_name(self) -> str:
        """FID only with the published file; other names never share its column."""
        if self.weights.published:
            return f"FID ({self.convention})"
        return f"Fréchet distance (Inception as {self.convention}, other weights)"

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "weights": {self.weights.path.name: self.weights.sha256},
            "features": f"FID Inception, mean of the last maps, convention {self.convention}: {self.recipe.steps}",
            "versions": package_versions("torch", "numpy", "pillow"),
            "notes": self.notes,
        }

    def extract(self, data: bytes) -> Features:
        pixels = np.asarray(decode_image(BytesIO(data)))
        with torch.no_grad():
            return self.network(self.recipe.prepare(pixels)[None]).reshape(FEATURES).numpy()


open_pytorch_fid, open_torch_fidelity, open_clean_fid = (
    partial(InceptionExtractor.find, convention=convention) for convention in CONVENTIONS
)


def _channels_first(pixels: Pixels) -> Tensor:
    return torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1).contiguous()


def _tensorflow_positions(length: int) -> tuple[Tensor, Tensor, Tensor]:
    """For each of 299 outputs: the two inputs it lies between and how far it is from the first, in float32."""
    position = torch.arange(SIZE, dtype=torch.float32) * torch.tensor(length / SIZE, dtype=torch.float32)
    first = position.long()
    return first, (first + 1).clamp_max(length - 1), position - first


def _load_tensors(path: Path) -> nn.Module:
    with torch.device("meta"):
        network = FidInception()
    fill_network(network, load_tensors(path, what="Inception"), path=path, what="Inception")
    return network


def _load_torchscript(path: Path) -> nn.Module:
    """The convolutional part of the file's network: (B, 3, 299, 299) -> 2048 numbers per image."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the format is discouraged for new files; this one is from 2021
            layers = torch.jit.load(path, map_location="cpu").eval().layers
    except (RuntimeError, ValueError, AttributeError) as error:
        raise EmbeddingError(
            f"{path} cannot be read as NVIDIA's Inception ({explain_unreadable(path, error)})."
        ) from error
    try:
        with torch.no_grad():
            found = layers(torch.zeros(1, 3, SIZE, SIZE))
        fits = found.numel() == FEATURES and bool(found.isfinite().all())
    except RuntimeError as error:
        raise EmbeddingError(f"{path} is not NVIDIA's Inception ({first_line(error)}).") from error
    if not fits:
        raise EmbeddingError(f"{path} is not NVIDIA's Inception: it does not make {FEATURES} numbers of an image.")
    return layers
