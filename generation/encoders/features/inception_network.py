"""The Inception network that FID is defined on, without its classifier: 2048 numbers for an image of 299 x 299.

It is Inception v3 (Szegedy et al. 2016) as Google published it in December 2015, and differs from the Inception of
torchvision and of the paper in its pooling: averages leave padding out, and the last block takes a maximum where the
one before it takes an average. Names of the tensors are those of the weights file that pytorch-fid and torch-fidelity
publish, so that it loads as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEATURES = 2048
SIZE = 299

Kernel = int | tuple[int, int]


class Unit(nn.Module):
    """Convolution without bias, batch normalisation, ReLU."""

    def __init__(self, into: int, out: int, kernel: Kernel, *, stride: int = 1, padding: Kernel = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


@dataclass(frozen=True)
class Step:
    """One unit of a branch, by the name that its tensors have. With stride 1 it keeps height and width."""

    name: str
    out: int
    kernel: Kernel = 1
    stride: int = 1

    def build(self, into: int) -> Unit:
        rows, columns = (self.kernel, self.kernel) if isinstance(self.kernel, int) else self.kernel
        padding = 0 if self.stride > 1 else (rows // 2, columns // 2)
        return Unit(into, self.out, self.kernel, stride=self.stride, padding=padding)


# Units one after the other; a tuple stands for two units on the same input, whose outputs are laid together.
Branch = Sequence[Step | tuple[Step, Step]]


class Mixed(nn.Module):
    """Branches side by side and a pooled one, laid together along the channels in this order."""

    def __init__(self, into: int, branches: Sequence[Branch], pool: Callable[[Tensor], Tensor], *, pooled: int = 0):
        """pooled: channels of the unit after the pooling; 0 leaves the pooled input as it is."""
        super().__init__()
        self.branches, self.pool, self.pooled = branches, pool, pooled
        for branch in branches:
            width = into
            for step in branch:
                steps = step if isinstance(step, tuple) else (step,)
                for one in steps:
                    self.add_module(one.name, one.build(width))
                width = sum(one.out for one in steps)
        if pooled:
            self.branch_pool = Unit(into, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for branch in self.branches:
            y = x
            for step in branch:
                steps = step if isinstance(step, tuple) else (step,)
                y = torch.cat([getattr(self, one.name)(y) for one in steps], dim=1)
            outputs.append(y)
        y = self.pool(x)
        outputs.append(self.branch_pool(y) if self.pooled else y)
        return torch.cat(outputs, dim=1)


def chain(name: str, *units: tuple[Any, ...]) -> list[Step]:
    """Steps name_1, name_2, ... of these (out, kernel, stride)."""
    return [Step(f"{name}_{number}", *unit) for number, unit in enumerate(units, start=1)]


def average_without_padding(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def maximum(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=1, padding=1)


def halving_maximum(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2)


def _mixed_5(into: int, pooled: int) -> Mixed:
    branches: list[Branch] = [
        [Step("branch1x1", 64)],
        chain("branch5x5", (48,), (64, 5)),
        chain("branch3x3dbl", (64,), (96, 3), (96, 3)),
    ]
    return Mixed(into, branches, average_without_padding, pooled=pooled)


def _mixed_6a(into: int) -> Mixed:
    branches: list[Branch] = [[Step("branch3x3", 384, 3, stride=2)], chain("branch3x3dbl", (64,), (96, 3), (96, 3, 2))]
    return Mixed(into, branches, halving_maximum)


def _mixed_6(width: int) -> Mixed:
    across, down = (1, 7), (7, 1)
    branches: list[Branch] = [
        [Step("branch1x1", 192)],
        chain("branch7x7", (width,), (width, across), (192, down)),
        chain("branch7x7dbl", (width,), (width, down), (width, across), (width, down), (192, across)),
    ]
    return Mixed(768, branches, average_without_padding, pooled=192)


def _mixed_7a() -> Mixed:
    branches: list[Branch] = [
        chain("branch3x3", (192,), (320, 3, 2)),
        chain("branch7x7x3", (192,), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)),
    ]
    return Mixed(768, branches, halving_maximum)


def _mixed_7(into: int, pool: Callable[[Tensor], Tensor]) -> Mixed:
    across, down = (1, 3), (3, 1)
    branches: list[Branch] = [
        [Step("branch1x1", 320)],
        [Step("branch3x3_1", 384), (Step("branch3x3_2a", 384, across), Step("branch3x3_2b", 384, down))],
        [
            *chain("branch3x3dbl", (448,), (384, 3)),
            (Step("branch3x3dbl_3a", 384, across), Step("branch3x3dbl_3b", 384, down)),
        ],
    ]
    return Mixed(into, branches, pool, pooled=192)


class FidInception(nn.Module):
    """Images (B, 3, 299, 299) scaled to about [-1, 1] -> features (B, 2048), the mean over the last 8 x 8 maps."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Unit(32, 32, 3)
        self.Conv2d_2b_3x3 = Unit(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Unit(64, 80, 1)
        self.Conv2d_4a_3x3 = Unit(80, 192, 3)
        self.Mixed_5b = _mixed_5(192, pooled=32)
        self.Mixed_5c = _mixed_5(256, pooled=64)
        self.Mixed_5d = _mixed_5(288, pooled=64)
        self.Mixed_6a = _mixed_6a(288)
        self.Mixed_6b = _mixed_6(128)
        self.Mixed_6c = _mixed_6(160)
        self.Mixed_6d = _mixed_6(160)
        self.Mixed_6e = _mixed_6(192)
        self.Mixed_7a = _mixed_7a()
        self.Mixed_7b = _mixed_7(1280, average_without_padding)
        self.Mixed_7c = _mixed_7(2048, maximum)

    def forward(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = halving_maximum(x)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
        x = halving_maximum(x)
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean(dim=(2, 3))
