"""CLIP ViT-B/32's image side: 512 numbers for a picture, the space that Wav2CLIP was trained to hear into.

The network is that of transformers, its weights a local folder or this machine's Hugging Face cache; nothing is
fetched. Only ViT-B/32 fits: Wav2CLIP learnt its space, and other CLIP models have other spaces.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from PIL import Image
from torch import Tensor
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel
from transformers.utils import logging as transformers_logging

from generation.encoders.features.cache import Features
from generation.encoders.versions import package_versions
from generation.encoders.weight_files import WeightFile, find_file
from generation.errors import EmbeddingError, first_line
from generation.files import decode_image
from generation.networks import explain_unreadable, refuse_misfits

NAME = "clip-vit-base-patch32"
HUB_ID = f"openai/{NAME}"
DIMENSIONS = 512
SIZE = 224
CONFIG_NAME = "config.json"
WEIGHTS_NAMES = ("model.safetensors", "pytorch_model.bin")
PUBLISHED_SHA256 = {"pytorch_model.bin": "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f"}
# What makes a CLIP model's image side ViT-B/32, in the words of its config.
ARCHITECTURE = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "patch_size": 32,
    "image_size": SIZE,
    "hidden_act": "quick_gelu",
}
IMAGE_SIDE = ("vision_model.", "visual_projection.")
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


class ClipImageExtractor:
    """CLIP ViT-B/32's projected image embedding: 512 numbers, not of length 1.

    Input as CLIP was trained: shorter side 224 (bicubic, antialiased), central 224 x 224, standardised per channel.
    What lies outside the central square is not seen.

    Parameters
    ----------
    folder : Path
        `config.json` and `model.safetensors` or `pytorch_model.bin` of openai/clip-vit-base-patch32 (Radford et al.
        2021).

    Raises
    ------
    EmbeddingError
        Names what is missing or different there.
    """

    def __init__(self, folder: Path) -> None:
        """Raises EmbeddingError when the folder holds no ViT-B/32, naming what is missing or different."""
        self.weights = find_weights(folder)
        self.network = _load_network(folder, self.weights.path)
        self.processor = CLIPImageProcessorPil(
            resample=Image.Resampling.BICUBIC,
            size={"shortest_edge": SIZE},
            crop_size={"height": SIZE, "width": SIZE},
            image_mean=list(MEAN),
            image_std=list(STD),
        )

    @classmethod
    def find(cls, weights_dir: Path) -> "ClipImageExtractor":
        """From `weights_dir`/clip-vit-base-patch32/, else from this machine's Hugging Face cache.

        Raises EmbeddingError that says where to put the weights.
        """
        folder = weights_dir / NAME
        if not folder.is_dir():
            cached = try_to_load_from_cache(HUB_ID, CONFIG_NAME)
            if not isinstance(cached, str):
                raise EmbeddingError(
                    f"There are no CLIP ViT-B/32 weights: put {CONFIG_NAME} and {' or '.join(WEIGHTS_NAMES)} "
                    f"of {HUB_ID} into {folder}."
                )
            folder = Path(cached).parent
        return cls(folder)

    @property
    def notes(self) -> list[str]:
        """What must be said beside numbers made with these weights."""
        if self.weights.published is False:
            return [f"CLIP's weights are not the file that is published as {HUB_ID}."]
        return []

    def describe(self) -> dict[str, Any]:
        return {
            "weights": {f"{NAME}/{self.weights.path.name}": self.weights.sha256},
            "features": "CLIP ViT-B/32, projected image embedding; shorter side 224 bicubic, central square",
            "versions": package_versions("transformers", "torch", "numpy", "pillow"),
        }

    def extract(self, data: bytes) -> Features:
        with torch.no_grad():
            output = self.network.get_image_features(pixel_values=self.prepare(decode_image(BytesIO(data)))[None])
        return output.pooler_output[0].numpy()

    def prepare(self, image: Image.Image) -> Tensor:
        """An RGB image as the network sees it: (3, 224, 224)."""
        return self.processor(images=image, return_tensors="pt")["pixel_values"][0]


def find_weights(folder: Path) -> WeightFile:
    """The weights file of a CLIP folder; EmbeddingError says what is missing there."""
    find_file(folder, [CONFIG_NAME], what="CLIP ViT-B/32")
    path = find_file(folder, WEIGHTS_NAMES, what="CLIP ViT-B/32")
    return WeightFile.read(path, PUBLISHED_SHA256.get(path.name))


def _load_network(folder: Path, weights: Path) -> CLIPModel:
    try:
        config = CLIPConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers' own validation errors share no base with the others
        raise EmbeddingError(f"{folder / CONFIG_NAME} cannot be read as CLIP's ({first_line(error)}).") from error
    _check_architecture(config, folder / CONFIG_NAME)
    try:
        with _quietly():
            network, report = CLIPModel.from_pretrained(
                folder,
                config=config,
                local_files_only=True,
                use_safetensors=weights.suffix == ".safetensors",
                dtype=torch.float32,
                ignore_mismatched_sizes=True,  # reported below, by name
                output_loading_info=True,
            )
    except Exception as error:  # whatever pickle, safetensors and torch raise for a file of another sort
        raise EmbeddingError(
            f"{weights} cannot be read as CLIP weights ({explain_unreadable(weights, error)})."
        ) from error
    refuse_misfits(
        network, report, source=weights, what="CLIP", failure=EmbeddingError, parts=IMAGE_SIDE, may_hold_more=True
    )
    with torch.no_grad():
        for parameter in network.parameters():
            # Out of the mapped file: where the tensors lie in it decides which kernels sum them up, so the last bits.
            parameter.data = parameter.data.clone()
    return network.eval().requires_grad_(False)


def _check_architecture(config: CLIPConfig, path: Path) -> None:
    found = {name: getattr(config.vision_config, name) for name in ARCHITECTURE} | {
        "projection_dim": config.projection_dim
    }
    for name, expected in (ARCHITECTURE | {"projection_dim": DIMENSIONS}).items():
        if found[name] != expected:
            raise EmbeddingError(
                f"{path} is not CLIP ViT-B/32: {name} is {found[name]}, not {expected}. Wav2CLIP fits no other CLIP."
            )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without transformers' own progress bar and report of the text side's leftovers."""
    verbosity, bar = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bar:
            transformers_logging.enable_progress_bar()
