"""`StyleTransferBackbone`: music-conditioned stylisation of photographs with small style networks, on any CPU.

Magenta's arbitrary style transfer (Ghiasi et al. 2017): one network reads the style code (100 numbers) of an artwork,
the other repaints a photograph in the style of a code. The embedder learns to predict codes of artworks of the clip's
category. Codes lie far from zero, so everywhere a code is centred by the mean train code and divided by the mean (over
dimensions) of the train standard deviations; cosines are cosines of such codes.

The networks repaint; they draw no new objects.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from generation.errors import CheckpointError, ImageError
from generation.files import PIXELS
from generation.musipainter.backbones.backbone import Painting
from generation.musipainter.backbones.losses import LossTerms, generator_loss, overall_loss
from generation.musipainter.backbones.style_transfer.kind import StyleSettings
from generation.musipainter.config import LossConfig, to_json
from generation.musipainter.data import FeatureCache, MediaItem, open_image, pool_sha256
from generation.musipainter.versions import library_versions
from generation.networks import check_tensors, explain_unreadable, map_side_by_side
from generation.seeds import permuted

CODE_DIM = 100
CODE_SIZE = 256  # pixels, input of the code network
IMAGE_SIZE = 384  # pixels, input and output of the painting network
LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601

Pixels = NDArray[np.float32]  # (height, width, 3), 0..1


@dataclass(frozen=True)
class View:
    """A photograph and the part of it that is painted; sides as fractions of its central square."""

    photo: MediaItem
    left: float = 0.0
    top: float = 0.0
    side: float = 1.0
    flipped: bool = False

    def cut(self, size: int) -> Pixels:
        """The view as pixels."""
        return square_pixels(open_image(self.photo), size, box=(self.left, self.top, self.side), flipped=self.flipped)

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {"sha256": self.photo.sha256} | {key: value for key, value in vars(self).items() if key != "photo"}


class StyleTransferBackbone:
    """Style code as target of training, style transfer of a photograph as image. See the module's text.

    Parameters
    ----------
    predict, transform : Path
        The networks of Ghiasi et al. (2017) as .onnx files: image to code, photograph and code to image.
    photos : sequence of MediaItem
        What is painted on; training needs none.

    Raises
    ------
    CheckpointError
        When a file is missing or broken.
    """

    name = "style-transfer"
    out_dim = CODE_DIM

    def __init__(self, *, predict: Path, transform: Path, photos: Sequence[MediaItem] = ()) -> None:
        self.predict_network, predict_sha256 = load_network(predict, inputs=1)
        self.transform_network, transform_sha256 = load_network(transform, inputs=2)
        self.weights = {"predict_sha256": predict_sha256, "transform_sha256": transform_sha256}
        self.photos = sorted(photos, key=lambda photo: photo.sha256)
        self.mean = torch.zeros(CODE_DIM)
        self.scale = torch.ones(())
        self.artworks: list[dict[str, str]] = []
        self.codes = torch.zeros(0, CODE_DIM)  # raw train codes, row for row `artworks`
        self._standard: dict[str, Tensor] = {}  # standardised code of every image seen in `fit`
        self._label_means: dict[str, Tensor] = {}

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, **self.weights}

    # Networks

    def predict(self, pixels: Pixels) -> NDArray[np.float32]:
        """Style code (100,) of an image (256, 256, 3)."""
        return self.predict_network.run(None, {"style_image": pixels[None]})[0].reshape(CODE_DIM)

    def transform(self, pixels: Pixels, code: NDArray[np.float32]) -> Pixels:
        """A photograph (384, 384, 3) repainted in the style of a code (100,)."""
        inputs = self.transform_network.get_inputs()
        feed = {inputs[0].name: pixels[None], inputs[1].name: code.reshape(1, 1, 1, CODE_DIM).astype(np.float32)}
        return self.transform_network.run(None, feed)[0][0]

    def code_of(self, image: MediaItem) -> Tensor:
        """Style code (100,) of an image file; ImageError names it when it cannot be read."""
        return torch.from_numpy(self.predict(square_pixels(open_image(image), CODE_SIZE)).copy())

    # Training

    def fit(self, train: Sequence[MediaItem], other: Sequence[MediaItem], cache: FeatureCache) -> None:
        train = sorted(train, key=lambda image: (image.label, image.sha256))
        # Codes that earlier versions worked out in integers, or of pixels whose profile was dropped, are others.
        identity = {"backbone": self.describe(), "computed": "as floats", "libraries": library_versions()}
        identity["pixels"] = PIXELS

        def cached_code(image: MediaItem) -> Tensor:
            return cache.fetch(image.sha256, identity, lambda: self.code_of(image))

        images = [*train, *other]
        codes = torch.stack(list(map_side_by_side(cached_code, images)))
        for image, code in zip(images, codes, strict=True):
            if not bool(code.isfinite().all()):
                raise ImageError(f"{image.path.name}: its style code holds values that are no finite numbers")
        self.codes = codes[: len(train)]
        self.artworks = [{"sha256": image.sha256, "category": image.label} for image in train]
        self.mean = self.codes.double().mean(dim=0).float()
        self.scale = self.codes.double().std(dim=0, unbiased=False).mean().float()
        if not float(self.scale) > 0:
            raise CheckpointError("The train artworks all have one style code: there is nothing to learn from them.")
        self._standard = {image.sha256: self.standardised(code) for image, code in zip(images, codes, strict=True)}
        self._average_labels()

    def training_loss(
        self,
        e_audio: Tensor,
        images: Sequence[MediaItem],
        labels: Sequence[str],
        *,
        config: LossConfig,
        generator: torch.Generator,
    ) -> LossTerms:
        targets = torch.stack([self._standard[image.sha256] for image in images])
        label_targets = torch.stack([self._label_means[label] for label in labels])
        return overall_loss(generator_loss(e_audio, targets), e_audio, label_targets, config)

    def standardised(self, code: Tensor) -> Tensor:
        """A raw code (..., 100) as the embedder predicts it."""
        return (code - self.mean) / self.scale

    def label_target(self, label: str) -> Tensor:
        """Mean standardised train code (100,) of a category: the label of eq. 2."""
        return self._label_means[label]

    def _average_labels(self) -> None:
        standard = self.standardised(self.codes)
        labels = [artwork["category"] for artwork in self.artworks]
        self._label_means = {
            label: standard[[row for row, other in enumerate(labels) if other == label]].mean(dim=0)
            for label in sorted(set(labels))
        }

    # Checkpoint

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "scale": self.scale, "codes": self.codes}

    def notes(self) -> dict[str, Any]:
        return {"artworks": self.artworks}

    def load_state(self, state: dict[str, Tensor], notes: dict[str, Any]) -> None:
        artworks = notes.get("artworks", [])
        shapes = {"mean": (CODE_DIM,), "scale": (), "codes": (len(artworks), CODE_DIM)}
        what = "a style-transfer backbone"
        check_tensors(shapes, state, source="The checkpoint", what=what, failure=CheckpointError)
        self.mean, self.scale, self.codes, self.artworks = state["mean"], state["scale"], state["codes"], artworks
        self._average_labels()

    # Images

    def render(
        self, e_audio: Tensor, seeds: Sequence[int], settings: StyleSettings, *, places: Sequence[int]
    ) -> list[Painting]:
        if not self.photos:
            raise CheckpointError("There is no photograph to paint on.")
        requests = list(zip(e_audio, seeds, places, strict=True))
        return list(map_side_by_side(lambda request: self.paint(*request, settings), requests))

    def paint(self, e_audio: Tensor, seed: int, place: int, settings: StyleSettings) -> Painting:
        """One image. Every number of the recipe is in `settings`, every choice in the painting."""
        # 1. The photograph, and its own style code to start from
        draws = random.Random(seed)
        view = self.choose_view(place, settings.set_seed, draws)
        own = self.predict(view.cut(CODE_SIZE)).astype(np.float64)
        pixels = view.cut(IMAGE_SIZE)
        # 2. Artworks of all categories, likelier the closer the music came to their style
        chances = self.artwork_chances(e_audio, settings.temperature)
        artworks = draw_without_replacement(chances, settings.max_artworks, draws)
        predicted = (self.mean + self.scale * e_audio).double().numpy()
        codes = self.codes.double().numpy()
        # 3. Paint; an image that is nearly black or empty is painted again, more softly, then after another artwork
        attempts: list[dict[str, Any]] = []
        kept: tuple[float, int, Pixels] | None = None
        for artwork, strength in product(artworks, (settings.strength, settings.retry_strength)):
            target = (1 - settings.artwork_share) * predicted + settings.artwork_share * codes[artwork]
            painted = self.transform(pixels, (own + strength * (target - own)).astype(np.float32))
            if not np.isfinite(painted).all():
                raise CheckpointError(
                    f"The style network gave values that are no numbers on the photograph {view.photo.sha256[:12]}: "
                    "its weights, or those of the checkpoint, cannot be right."
                )
            luminance = painted.astype(np.float64) @ LUMA
            mean, std = float(luminance.mean()), float(luminance.std())
            attempts.append(
                {
                    "artwork_sha256": self.artworks[artwork]["sha256"],
                    "artwork_category": self.artworks[artwork]["category"],
                    "chance": round(float(chances[artwork]), 6),
                    "strength": strength,
                    "luminance_mean": round(mean, 4),
                    "luminance_std": round(std, 4),
                }
            )
            margin = min(mean - settings.min_luminance_mean, std - settings.min_luminance_std)
            if kept is None or margin > kept[0]:
                kept = (margin, len(attempts) - 1, painted)
            if margin >= 0:
                break
        assert kept is not None
        margin, position, painted = kept
        return Painting(
            image=Image.fromarray(np.round(painted.clip(0, 1) * 255).astype(np.uint8)),
            choices={
                "place": place,
                "content": view.describe(),
                "content_pool_sha256": pool_sha256(self.photos),
                "content_pool_size": len(self.photos),
                "attempts": attempts,
                "kept_attempt": position,
                "guard_passed": margin >= 0,
                "settings": to_json(settings),
            },
        )

    def choose_view(self, place: int, set_seed: int, draws: random.Random) -> View:
        """The photograph at this place of the set's order; past the end the pool repeats, cropped and maybe flipped."""
        order = permuted(self.photos, "content", set_seed)
        photo = order[place % len(order)]
        if place < len(order):
            return View(photo)
        side = 0.7 + 0.25 * draws.random()
        left, top = (1 - side) * draws.random(), (1 - side) * draws.random()
        return View(photo, left, top, side, flipped=draws.random() < 0.5)

    def artwork_chances(self, e_audio: Tensor, temperature: float) -> NDArray[np.float64]:
        """Probability of every train artwork: softmax of cosine(e_audio, its standardised code) / temperature."""
        standard = self.standardised(self.codes).double().numpy()
        direction = e_audio.double().numpy()
        norms = np.linalg.norm(standard, axis=1) * np.linalg.norm(direction)
        logits = standard @ direction / np.maximum(norms, 1e-12) / temperature
        weights = np.exp(logits - logits.max())
        return weights / weights.sum()


def draw_without_replacement(chances: NDArray[np.float64], count: int, draws: random.Random) -> list[int]:
    """Up to `count` different positions, each drawn in proportion to the chances of those that are left."""
    left = chances.tolist()
    drawn: list[int] = []
    for _ in range(min(count, len(left))):
        threshold = draws.random() * math.fsum(left)
        total = 0.0
        position = max(range(len(left)), key=left.__getitem__)  # where rounding leaves the threshold unreached
        for candidate, weight in enumerate(left):
            total += weight
            if weight > 0 and total > threshold:
                position = candidate
                break
        drawn.append(position)
        left[position] = 0.0
        if not any(left):
            break
    return drawn


def load_network(path: Path, *, inputs: int) -> tuple[onnxruntime.InferenceSession, str]:
    """A network of so many inputs for one thread, and its file's sha256; CheckpointError when it is missing or broken.

    The first input is an image (1, side, side, 3), a second one a style code.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"There is no weights file {path}.") from error
    network = _open_network(path, data)
    shapes = [list(item.shape) for item in network.get_inputs()]
    if len(shapes) != inputs or len(shapes[0]) != 4 or (inputs == 2 and shapes[1][-1] != CODE_DIM):
        raise CheckpointError(f"{path} is not the style network that belongs there: its inputs are {shapes}.")
    return network, hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=4)  # a worker opens the same two, of some megabytes, for every chunk
def _open_network(path: Path, data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The networks hold bytes that stand for floats. Optimised further, onnxruntime computes in integers, and processors
    # without VNNI instructions cut sums off at 16 bits: style codes twenty steps from where they belong, and no word.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CheckpointError(
            f"{path} is not a network that onnxruntime can load ({explain_unreadable(path, error)})."
        ) from error


def square_pixels(
    image: Image.Image, size: int, *, box: tuple[float, float, float] = (0.0, 0.0, 1.0), flipped: bool = False
) -> Pixels:
    """The central square of an image, or a box inside it, resized.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB.
    size : int
        Pixels of a side.
    box : tuple of float
        (left, top, side) as fractions of the square.
    flipped : bool
        Left and right exchanged.

    Returns
    -------
    array, float32 (size, size, 3)
        In 0 .. 1.
    """
    square = min(image.size)
    left = (image.width - square) // 2 + round(box[0] * square)
    top = (image.height - square) // 2 + round(box[1] * square)
    side = max(1, round(box[2] * square))
    image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)
    if flipped:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(image, dtype=np.float32) / np.float32(255)
