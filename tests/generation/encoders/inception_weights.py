"""Random FID-Inception weights in the layouts of both published files, and a picture to look at."""

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from generation.encoders.features.inception_network import FidInception


def make_tensors(seed: int = 0) -> dict[str, Tensor]:
    """Every tensor of the file that pytorch-fid and torch-fidelity publish, classifier included, drawn by numpy."""
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in FidInception().state_dict().items()}
    rng = np.random.default_rng(seed)
    tensors = {}
    for name in sorted(shapes):
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(0)
            continue
        draw = rng.standard_normal(shapes[name], dtype=np.float32)
        if name.endswith("conv.weight"):
            draw *= (2 / draw[0].size) ** 0.5
        elif name.endswith("bn.weight"):
            draw = 1 + draw / 10
        elif name.endswith("running_var"):
            draw = 0.5 + draw**2
        else:
            draw /= 10
        tensors[name] = torch.from_numpy(draw)
    return tensors | {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}


def write_file(folder: Path, tensors: dict[str, Tensor]) -> Path:
    path = folder / "pt_inception-2015-12-05-6726825d.pth"
    torch.save(tensors, path)
    return path


def write_torchscript(folder: Path, layers: nn.Module) -> Path:
    """As NVIDIA's file: a TorchScript program whose submodule `layers` is the network up to its features."""
    path = folder / "inception-2015-12-05.pt"
    program = nn.Module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # making TorchScript, which the published file is in
        program.layers = torch.jit.trace(layers, torch.zeros(1, 3, 299, 299))
        torch.jit.script(program).save(path)
    return path


def make_pixels(height: int, width: int) -> np.ndarray:
    """(H, W, 3) uint8: rings, stripes and a slope, so that every way of resizing gives something else."""
    y, x = np.mgrid[:height, :width]
    rings = 127 + 127 * np.sin(np.hypot(y - height / 3, x - width / 2) ** 1.5 / 20)
    stripes = 255 * ((3 * x + y) // 5 % 2)
    slope = 255 * (x + y) / (height + width)
    return np.stack([rings, stripes, slope], axis=2).astype(np.uint8)
