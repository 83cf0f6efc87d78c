"""Random wav2clip weights in the layout of the published file, and the network written a second time from them."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCKS = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]  # channels in, channels out, stride; two blocks each


def make_tensors(seed: int = 0) -> dict[str, Tensor]:
    """Every tensor of the published file by name, drawn at random on a scale that keeps signals alive."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {"audio_encoder.spectrogram.window": torch.hann_window(512)}

    def draw(name: str, *shape: int, centre: float = 0.0, scale: float = 1.0) -> None:
        tensors[name] = centre + scale * torch.randn(shape, generator=generator)

    def add_conv(name: str, out: int, into: int, size: int) -> None:
        draw(f"{name}.weight", out, into, size, size, scale=(2 / (into * size * size)) ** 0.5)

    def add_norm(name: str, channels: int) -> None:
        draw(f"{name}.weight", channels, centre=1.0, scale=0.1)
        draw(f"{name}.bias", channels, scale=0.1)
        draw(f"{name}.running_mean", channels, scale=0.1)
        tensors[f"{name}.running_var"] = 1 + 0.2 * torch.rand(channels, generator=generator)
        tensors[f"{name}.num_batches_tracked"] = torch.tensor(7)

    add_conv("audio_encoder.conv1", 64, 1, 7)
    add_norm("audio_encoder.bn1", 64)
    for number, (into, out, stride) in enumerate(BLOCKS, start=1):
        for block in range(2):
            name = f"audio_encoder.layer{number}.{block}"
            add_conv(f"{name}.conv1", out, into if block == 0 else out, 3)
            add_norm(f"{name}.bn1", out)
            add_conv(f"{name}.conv2", out, out, 3)
            add_norm(f"{name}.bn2", out)
            if block == 0 and stride == 2:
                add_conv(f"{name}.downsample.0", out, into, 1)
                add_norm(f"{name}.downsample.1", out)
    for layer in (0, 3):
        draw(f"audio_transform.sequential.{layer}.weight", 512, 512, scale=512**-0.5)
        draw(f"audio_transform.sequential.{layer}.bias", 512, scale=0.1)
    return tensors


def write_file(folder: Path, tensors: dict[str, Tensor]) -> Path:
    path = folder / "Wav2CLIP.pt"
    torch.save(tensors, path)
    return path


def embed(tensors: dict[str, Tensor], waveform: Tensor) -> Tensor:
    """The network once more, from its description alone: (N,) at 16 kHz -> (512,)."""

    def conv(x: Tensor, name: str, **options: int) -> Tensor:
        return F.conv2d(x, tensors[f"{name}.weight"], **options)

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance, scale, shift = (
            tensors[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift

    window = torch.hann_window(512)
    spectrum = torch.stft(waveform, 512, hop_length=353, window=window, center=True, return_complex=True)
    x = torch.log(spectrum.abs().square() + 1e-7)
    x = ((x - x.mean()) / (x.std() + 1e-9))[None, None]
    x = norm(conv(x, "audio_encoder.conv1", stride=2, padding=3), "audio_encoder.bn1").relu()
    x = F.max_pool2d(x, 3, stride=2, padding=1)
    for number, (_, _, stride) in enumerate(BLOCKS, start=1):
        for block in range(2):
            name = f"audio_encoder.layer{number}.{block}"
            step = stride if block == 0 else 1
            y = norm(conv(x, f"{name}.conv1", stride=step, padding=1), f"{name}.bn1").relu()
            y = norm(conv(y, f"{name}.conv2", padding=1), f"{name}.bn2")
            if step == 2:
                x = norm(conv(x, f"{name}.downsample.0", stride=2), f"{name}.downsample.1")
            x = (x + y).relu()
    x = x.mean(dim=(2, 3))[0]
    for layer in (0, 3):
        x = (
            tensors[f"audio_transform.sequential.{layer}.weight"] @ x
            + tensors[f"audio_transform.sequential.{layer}.bias"]
        )
        x = x.relu() if layer == 0 else x
    return x
