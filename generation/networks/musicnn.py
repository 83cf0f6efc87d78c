"""musicnn (Pons & Serra 2019), a frozen music tagger: log-mel patches of 3 s to features of several depths.

Two sets of weights share this architecture: MTT (MagnaTagATune: instruments, vocals) and MSD (Million Song Dataset:
genres, moods). Front end, layer order and padding follow the published checkpoints exactly; the tests compare with
values of the original graph.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.errors import AudioError, CheckpointError
from generation.networks.weights import check_tensors, read_tensors

MUSICNN_SAMPLE_RATE = 16_000  # Hz
N_FFT = 512
HOP = 256  # samples: 62.5 frames per second
MEL_BANDS = 96
PATCH_FRAMES = 187  # 3 s
BATCH_NORM_EPS = 1e-3

NORMS = (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)  # channels of the batch normalisations
# Kernels of the convolutions: (out, 1, time, bands or channels).
KERNELS = (
    (204, 1, 7, 38),
    (204, 1, 7, 67),
    (51, 1, 128, 1),
    (51, 1, 64, 1),
    (51, 1, 32, 1),
    (64, 1, 7, 561),
    (64, 1, 7, 64),
    (64, 1, 7, 64),
)
LAYERS = {"dense": (200, 1506), "dense_1": (50, 200)}


def _numbered(base: str, index: int) -> str:
    return base if index == 0 else f"{base}_{index}"


# Name -> shape of every tensor of the published graph.
SHAPES: dict[str, tuple[int, ...]] = {
    **{
        f"{_numbered('batch_normalization', index)}.{part}": (channels,)
        for index, channels in enumerate(NORMS)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    },
    **{f"{_numbered('conv2d', index)}.kernel": shape for index, shape in enumerate(KERNELS)},
    **{f"{_numbered('conv2d', index)}.bias": shape[:1] for index, shape in enumerate(KERNELS)},
    **{f"{name}.kernel": shape for name, shape in LAYERS.items()},
    **{f"{name}.bias": shape[:1] for name, shape in LAYERS.items()},
}


@dataclass(frozen=True)
class MusicnnFeatures:
    """What the network says about P patches of T frames, from its first layers to its tags."""

    cnn1: Tensor  # (P, T, 64)
    cnn2: Tensor  # (P, T, 64)
    cnn3: Tensor  # (P, T, 64)
    max_pool: Tensor  # (P, 753)
    mean_pool: Tensor  # (P, 753)
    penultimate: Tensor  # (P, 200)
    tags: Tensor  # (P, 50), probabilities


class Musicnn(nn.Module):
    """The frozen network, in eval mode and without gradients. `weights_sha256` names the weights file.

    Parameters
    ----------
    tensors : dict of Tensor
        By the names of the published graph.
    weights_sha256 : str
        Of the file that they came from.
    source : object
        That file, for messages.

    Raises
    ------
    CheckpointError
        Names a tensor that is missing, unknown, of another shape, or holds no numbers.
    """

    weights_sha256: str

    def __init__(self, tensors: dict[str, Tensor], weights_sha256: str = "", *, source: object = "musicnn") -> None:
        super().__init__()
        self.weights_sha256 = weights_sha256
        check_tensors(SHAPES, tensors, source=source, what="musicnn", failure=CheckpointError)
        tensors = dict(tensors)
        self.input_norm = _BatchNorm(tensors, 0)
        # Filters that see 38 or 67 of the 96 bands (timbre), and long filters within one band (rhythm).
        self.timbral = nn.ModuleList([_FrontConv(tensors, 0, pad=(3, 3)), _FrontConv(tensors, 1, pad=(3, 3))])
        pads = {2: (63, 64), 3: (31, 32), 4: (15, 16)}
        self.temporal = nn.ModuleList([_FrontConv(tensors, index, pad=pad) for index, pad in pads.items()])
        self.middle = nn.ModuleList([_MiddleConv(tensors, 5), _MiddleConv(tensors, 6), _MiddleConv(tensors, 7)])
        self.pool_norm = _BatchNorm(tensors, 9)
        self.dense = _Dense(tensors, "dense")
        self.dense_norm = _BatchNorm(tensors, 10)
        self.tagger = _Dense(tensors, "dense_1")
        self.register_buffer("mel_filters", slaney_mel_filters())
        self.eval().requires_grad_(False)

    @classmethod
    def load(cls, weights_path: str | Path) -> "Musicnn":
        """Load weights from a safetensors file; CheckpointError when it is missing or is something else."""
        path = Path(weights_path)
        tensors = read_tensors(path, what="musicnn", failure=CheckpointError)
        return cls(tensors, hashlib.sha256(path.read_bytes()).hexdigest(), source=path)

    def train(self, mode: bool = True) -> "Musicnn":
        """The network is frozen: batch normalisation keeps its stored moments even inside a model in training."""
        return super().train(False)

    @torch.no_grad()
    def log_mel(self, waveform: Tensor) -> Tensor:
        """log10(10000 mel power + 1) of a waveform.

        Parameters
        ----------
        waveform : Tensor (N,)
            Mono, at 16 kHz.

        Returns
        -------
        Tensor, float32 (1 + N // 256, 96)
            62.5 frames per second.

        Raises
        ------
        AudioError
            When it is not one mono waveform.
        """
        if waveform.ndim != 1 or not waveform.numel():
            raise AudioError(f"musicnn hears one mono waveform, not a tensor of shape {tuple(waveform.shape)}")
        window = torch.hann_window(N_FFT, device=waveform.device)
        spectrum = torch.stft(
            waveform.float(), N_FFT, HOP, window=window, center=True, pad_mode="constant", return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log10(10_000 * (self.mel_filters @ power) + 1).T

    @staticmethod
    def patches(log_mel: Tensor) -> Tensor:
        """Cut (frames, 96) into whole patches (P, 187, 96); an incomplete last one is dropped, a short clip padded."""
        if len(log_mel) < PATCH_FRAMES:
            log_mel = F.pad(log_mel, (0, 0, 0, PATCH_FRAMES - len(log_mel)))
        count = len(log_mel) // PATCH_FRAMES
        return log_mel[: count * PATCH_FRAMES].reshape(count, PATCH_FRAMES, MEL_BANDS)

    @torch.no_grad()
    def forward(self, patches: Tensor) -> MusicnnFeatures:
        """Features of log-mel patches (P, T, 96); T is usually 187, any length of at least one frame works."""
        # One patch after the other: each takes some 15 MB inside the front end. What is larger than 32 MB glibc takes
        # from the system anew for every layer, which costs twice the time of the sums themselves.
        front = torch.cat([self._front_end(patch) for patch in patches.split(1)])  # (P, 561, T)
        cnn1 = self.middle[0](front)
        cnn2 = self.middle[1](cnn1) + cnn1
        cnn3 = self.middle[2](cnn2) + cnn2
        depths = torch.cat([front, cnn1, cnn2, cnn3], dim=1)  # (P, 753, T)
        max_pool, mean_pool = depths.amax(dim=2), depths.mean(dim=2)
        # The dense layer was trained on maximum and mean of each channel side by side.
        pooled = torch.stack([max_pool, mean_pool], dim=-1).flatten(1)
        penultimate = self.dense_norm(F.relu(self.dense(self.pool_norm(pooled))))
        tags = torch.sigmoid(self.tagger(penultimate))
        cnn1, cnn2, cnn3 = (maps.transpose(1, 2) for maps in (cnn1, cnn2, cnn3))
        return MusicnnFeatures(cnn1, cnn2, cnn3, max_pool, mean_pool, penultimate, tags)

    def _front_end(self, patches: Tensor) -> Tensor:
        """Timbral and temporal filters over (P, T, 96), side by side: (P, 561, T)."""
        x = self.input_norm(patches[:, None])
        return torch.cat([layer(x) for layer in (*self.timbral, *self.temporal)], dim=1)


def slaney_mel_filters() -> Tensor:
    """Mel filter bank (96, 257) from 0 to 8000 Hz: Slaney's scale (linear below 1 kHz) and equal-area triangles."""

    def mel_of(hertz: Tensor) -> Tensor:
        return torch.where(hertz < 1000, 3 * hertz / 200, 15 + torch.log(hertz.clamp_min(1) / 1000) / LOG_STEP)

    def hertz_of(mel: Tensor) -> Tensor:
        return torch.where(mel < 15, 200 * mel / 3, 1000 * torch.exp(LOG_STEP * (mel - 15)))

    top = mel_of(torch.tensor(MUSICNN_SAMPLE_RATE / 2, dtype=torch.float64))
    corners = hertz_of(torch.linspace(0, 1, MEL_BANDS + 2, dtype=torch.float64) * top)
    left, centre, right = (corners[i : i + MEL_BANDS, None] for i in range(3))
    bins = torch.arange(N_FFT // 2 + 1, dtype=torch.float64) * MUSICNN_SAMPLE_RATE / N_FFT
    triangles = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp_min(0)
    return (triangles * 2 / (right - left)).float()


LOG_STEP = float(torch.log(torch.tensor(6.4, dtype=torch.float64))) / 27


def _take(tensors: dict[str, Tensor], name: str) -> Tensor:
    return tensors.pop(name).float()


class _BatchNorm(nn.Module):
    """Batch normalisation over channel 1 with its stored moments."""

    def __init__(self, tensors: dict[str, Tensor], index: int) -> None:
        super().__init__()
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            self.register_buffer(part, _take(tensors, f"{_numbered('batch_normalization', index)}.{part}"))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.moving_mean, self.moving_variance, self.gamma, self.beta, eps=BATCH_NORM_EPS)


class _FrontConv(nn.Module):
    """A filter over time and bands, ReLU, normalisation, then the strongest band: (P, 1, T, 96) -> (P, C, T)."""

    def __init__(self, tensors: dict[str, Tensor], index: int, *, pad: tuple[int, int]) -> None:
        super().__init__()
        self.pad = pad
        self.register_buffer("kernel", _take(tensors, f"{_numbered('conv2d', index)}.kernel"))
        self.register_buffer("bias", _take(tensors, f"{_numbered('conv2d', index)}.bias"))
        self.norm = _BatchNorm(tensors, index + 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(F.conv2d(F.pad(x, (0, 0, *self.pad)), self.kernel, self.bias))).amax(dim=3)


class _MiddleConv(nn.Module):
    """A filter of 7 frames over all channels, ReLU, normalisation: (P, C, T) -> (P, 64, T)."""

    def __init__(self, tensors: dict[str, Tensor], index: int) -> None:
        super().__init__()
        kernel = _take(tensors, f"{_numbered('conv2d', index)}.kernel")  # (out, 1, time, channel)
        self.register_buffer("kernel", kernel.squeeze(1).transpose(1, 2).contiguous())
        self.register_buffer("bias", _take(tensors, f"{_numbered('conv2d', index)}.bias"))
        self.norm = _BatchNorm(tensors, index + 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(F.conv1d(x, self.kernel, self.bias, padding=3)))


class _Dense(nn.Module):
    def __init__(self, tensors: dict[str, Tensor], name: str) -> None:
        super().__init__()
        self.register_buffer("kernel", _take(tensors, f"{name}.kernel"))
        self.register_buffer("bias", _take(tensors, f"{name}.bias"))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.kernel, self.bias)
