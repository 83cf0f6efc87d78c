"""The paper's joint space: Wav2CLIP hears, CLIP ViT-B/32 sees, both give 512 numbers that can be compared.

Wav2CLIP (Wu et al. 2022) is a ResNet-18 on a log spectrogram that was trained to give, for the sound of a video, the
CLIP embedding of its pictures. The network is that of the `wav2clip` package. What the package does not see to is
done here: weights from a local file of which nothing is executed, 16 kHz mono, one clip per call (the network
standardises over everything that it is given at once, so a neighbour would change a clip's embedding), rows of
length 1.
"""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from generation.encoders.features import ClipImageExtractor, FeatureCache, Features
from generation.encoders.spaces.space import SpaceOpening, Vectors, to_unit_rows
from generation.encoders.versions import package_versions
from generation.encoders.weight_files import WeightFile, fill_network, find_file, load_tensors
from generation.errors import AudioError, EmbeddingError
from generation.networks import load_audio
from generation.progress import Progress, quietly

NAME = "wav2clip"
WEIGHTS_NAME = "Wav2CLIP.pt"
SAMPLE_RATE = 16_000
# The spectrogram mirrors half of its 512-sample window at both ends, so it needs one sample more than that half.
SHORTEST_INPUT = 257

AudioWindows = Literal["whole", "three-10s"]
WINDOW_S = 10
WINDOWS = 3


class Wav2ClipExtractor:
    """Wav2CLIP's audio side: 512 numbers for a clip.

    windows "whole": the network averages over the clip's whole length. "three-10s": the mean of the unit embeddings
    of three windows of 10 s, the length that the network was trained on, spread evenly from the clip's start to its
    end; a clip of 10 s or less is one window.
    """

    def __init__(self, weights: Path, *, windows: AudioWindows = "whole") -> None:
        """Raises EmbeddingError naming what is missing or wrong in the weights file."""
        if windows not in get_args(AudioWindows):
            raise EmbeddingError(f"Audio windows are {' or '.join(get_args(AudioWindows))}, not {windows!r}.")
        self.windows = windows
        self.network = _build_network()
        tensors = load_tensors(weights, what="wav2clip")
        prefixes = {"encoder.": "audio_encoder.", "transform.": "audio_transform."}
        fill_network(self.network, tensors, path=weights, what="wav2clip", prefixes=prefixes)
        self.weights = WeightFile.read(weights)

    def describe(self) -> dict[str, Any]:
        return {
            "weights": {WEIGHTS_NAME: self.weights.sha256},
            "features": f"Wav2CLIP, clip embedding, 16 kHz mono, audio windows: {self.windows}",
            "versions": package_versions("wav2clip", "torch", "torchaudio", "numpy", "scipy", "soundfile"),
        }

    def extract(self, data: bytes) -> Features:
        return self.embed_waveform(load_audio(BytesIO(data), SAMPLE_RATE))

    def embed_waveform(self, waveform: Tensor) -> Features:
        """(N,) at 16 kHz -> (512,); not of length 1 with windows "whole". AudioError: too short, or silent."""
        if len(waveform) < SHORTEST_INPUT:
            raise AudioError(f"is too short: {len(waveform)} samples at 16 kHz, wav2clip needs {SHORTEST_INPUT}")
        if waveform.abs().max() == 0:
            # A spectrogram without any variation cannot be standardised: the network would magnify rounding errors.
            raise AudioError("is silent from start to end")
        with torch.no_grad():
            rows = torch.cat([self.network(window[None]) for window in self._cut(waveform)])
        return rows[0].numpy() if len(rows) == 1 else to_unit_rows(rows).mean(axis=0)

    def _cut(self, waveform: Tensor) -> list[Tensor]:
        length = WINDOW_S * SAMPLE_RATE
        if self.windows == "whole" or len(waveform) <= length:
            return [waveform]
        starts = [round(index * (len(waveform) - length) / (WINDOWS - 1)) for index in range(WINDOWS)]
        return [waveform[start : start + length] for start in starts]


class Wav2ClipSpace:
    """The space of the paper's AIS, IIS and GIILS; see `generation.encoders.spaces.space.JointSpace`.

    Its name is "wav2clip" when clips are heard whole, else "wav2clip-three-10s": two spaces, two columns.

    Parameters
    ----------
    audio : Wav2ClipExtractor
        Hears (Wu et al. 2022): 512 numbers.
    image : ClipImageExtractor
        Sees: 512 numbers.
    cache : FeatureCache
        Read and filled.
    progress : Progress
        Shows the work.
    """

    def __init__(
        self, audio: Wav2ClipExtractor, image: ClipImageExtractor, *, cache: FeatureCache, progress: Progress = quietly
    ) -> None:
        self.name = NAME if audio.windows == "whole" else f"{NAME}-{audio.windows}"
        self.audio, self.image, self.cache, self.progress = audio, image, cache, progress

    @classmethod
    def open(cls, opening: SpaceOpening, *, audio_windows: AudioWindows = "whole") -> "Wav2ClipSpace":
        """Both networks, from the weights folder's Wav2CLIP.pt and clip-vit-base-patch32/.

        CLIP may lie in this machine's Hugging Face cache instead; nothing is fetched.

        Raises
        ------
        EmbeddingError
            That says in one line what to put where, or which package to install.
        """
        path = find_file(opening.weights, [WEIGHTS_NAME], what="wav2clip")
        image = ClipImageExtractor.find(opening.weights)
        audio = Wav2ClipExtractor(path, windows=audio_windows)
        return cls(audio, image, cache=FeatureCache(opening.features), progress=opening.progress)

    def embed_audio(self, paths: Sequence[Path]) -> Vectors:
        features = self.cache.extract_all(self.audio, paths, progress=self.progress, what="Hearing")
        return to_unit_rows(torch.from_numpy(features))

    def embed_images(self, paths: Sequence[Path]) -> Vectors:
        features = self.cache.extract_all(self.image, paths, progress=self.progress, what="Seeing")
        return to_unit_rows(torch.from_numpy(features))

    def describe(self) -> dict[str, Any]:
        audio, image = self.audio.describe(), self.image.describe()
        return {
            "name": self.name,
            "weights": audio["weights"] | image["weights"],
            "options": {"audio": audio["features"], "image": image["features"], "audio_windows": self.audio.windows},
            "versions": audio["versions"] | image["versions"],
            "notes": list(self.image.notes),
        }


# How much of a clip is heard at once is another choice, so another space.
open_three_windows = partial(Wav2ClipSpace.open, audio_windows="three-10s")


def _build_network() -> nn.Module:
    """The package's network without weights: `encoder` (ResNet-18) and `transform` (two linear layers)."""
    try:
        from wav2clip.model.encoder import MLPLayers, ResNetExtractor  # noqa: PLC0415 -- an optional extra
    except ModuleNotFoundError as error:
        raise EmbeddingError(
            f"The space wav2clip needs the package {error.name}: "
            "pip install -c constraints.txt -e '.[generation,wav2clip]'."
        ) from error
    # On the meta device: its random initial weights would cost time and draw from the global generator.
    with torch.device("meta"):
        network = ResNetExtractor(scenario="supervise")
        network.transform = MLPLayers()
    return network
