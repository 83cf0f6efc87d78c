"""Distances between kernel means: KID and CMMD."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.distribution.rows import Floats, as_pair, row_blocks

CMMD_SIGMA = 10.0

CMMD_SCALE = 1_000.0

Kernel = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class KernelDistance:
    """Squared maximum mean discrepancy with the influence of every row, from which its standard error follows."""

    unbiased: float
    biased: float
    influence_a: Floats
    influence_b: Floats


def kid(a: ArrayLike, b: ArrayLike) -> float:
    """Kernel distance: unbiased squared MMD with the kernel (x.y / d + 1)^3 over whole sets; KID on Inception features.

    Parameters
    ----------
    a : (n1, d) features; b : (n2, d) features of the same network, at least two rows each

    Returns
    -------
    float : may lie a little below 0, as it is unbiased.

    Raises
    ------
    MetricError
        wrong shapes, too few rows, NaN or infinity.

    References
    ----------
    Binkowski et al. (2018), Demystifying MMD GANs.
    """
    first, second = as_pair(a, b, at_least=2)
    return polynomial_distance(first, second).unbiased


def polynomial_distance(a: ArrayLike, b: ArrayLike) -> KernelDistance:
    """`kid` with the influence of every row."""
    first, second = as_pair(a, b, at_least=2)
    dimensions = first.shape[1]
    return _kernel_distance(first, second, lambda x, y: (x @ y.T / dimensions + 1.0) ** 3)


def cmmd(a: ArrayLike, b: ArrayLike, *, sigma: float = CMMD_SIGMA, unbiased: bool = False) -> float:
    """1000 x squared MMD of unit rows with the kernel exp(-|x - y|^2 / (2 sigma^2)).

    Its publication takes embeddings of CLIP ViT-L/14 at 336 pixels; on any other space the number is another quantity.

    Parameters
    ----------
    a : (n1, d) embeddings; b : (n2, d) embeddings of the same space, at least two rows each; scaled to length 1 here
    sigma : width of the kernel
    unbiased : leave the pairs of a row with itself out; the published form keeps them

    Returns
    -------
    float : in thousandths; 0 or more unless `unbiased`.

    Raises
    ------
    MetricError
        wrong shapes, too few rows, a zero vector, NaN or infinity.

    References
    ----------
    Jayasumana et al. (2024), Rethinking FID.
    """
    first, second = as_pair(a, b, at_least=2, unit=True)
    distance = gaussian_distance(first, second, sigma=sigma)
    return CMMD_SCALE * (distance.unbiased if unbiased else distance.biased)


def gaussian_distance(a: ArrayLike, b: ArrayLike, *, sigma: float = CMMD_SIGMA) -> KernelDistance:
    """Squared MMD of unit rows, unscaled, with the influence of every row."""
    first, second = as_pair(a, b, at_least=2, unit=True)
    return _kernel_distance(first, second, lambda x, y: np.exp((x @ y.T - 1.0) / sigma**2))


def _kernel_distance(a: Floats, b: Floats, kernel: Kernel) -> KernelDistance:
    n, m = len(a), len(b)
    own_a, own_b = np.zeros(n), np.zeros(m)
    across_a, across_b = np.zeros(n), np.zeros(m)
    # Kernels of close rows are close to constant: the sums lose digits unless a common constant is taken out first.
    offset = float(kernel(a[:1], b[:1])[0, 0])
    self_a, self_b = (np.concatenate([kernel(x[i : i + 1], x[i : i + 1])[0] for i in range(len(x))]) for x in (a, b))
    for rows, block in row_blocks(a):
        own_a[rows] = (kernel(block, a) - offset).sum(axis=1)
        across = kernel(block, b) - offset
        across_a[rows] = across.sum(axis=1)
        across_b += across.sum(axis=0)
    for rows, block in row_blocks(b):
        own_b[rows] = (kernel(block, b) - offset).sum(axis=1)
    self_a, self_b = self_a - offset, self_b - offset
    between = float(across_a.sum()) / (n * m)
    biased = float(own_a.sum()) / n**2 + float(own_b.sum()) / m**2 - 2.0 * between
    unbiased = (
        float(own_a.sum() - self_a.sum()) / (n * (n - 1)) + float(own_b.sum() - self_b.sum()) / (m * (m - 1))
    ) - 2.0 * between
    influence_a = 2.0 * ((own_a - self_a) / (n - 1) - across_a / m)
    influence_b = 2.0 * ((own_b - self_b) / (m - 1) - across_b / n)
    return KernelDistance(unbiased, biased, influence_a - influence_a.mean(), influence_b - influence_b.mean())
