"""How varied a set of images is: Vendi, distances inside labels, precision, recall, density and coverage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from analysis.distribution.rows import Floats, as_features, row_blocks
from analysis.errors import MetricError


def vendi(a: ArrayLike) -> float:
    """Vendi score: exp of the entropy of the eigenvalues of the cosine table divided by n.

    Parameters
    ----------
    a : (n, d) embeddings, at least one row; scaled to length 1 here

    Returns
    -------
    float : effective number of different images, between 1 (all alike) and n (all orthogonal).

    Raises
    ------
    MetricError
        wrong shape, no row, a zero vector, NaN or infinity.

    References
    ----------
    Friedman and Dieng (2023), The Vendi Score.
    """
    rows = as_features(a, name="images", unit=True)
    table = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    spectrum = linalg.eigvalsh(table / len(rows), check_finite=False)
    kept = spectrum[spectrum > 1e-15]
    return float(np.exp(-(kept * np.log(kept)).sum()))


@dataclass(frozen=True)
class PrecisionRecall:
    """precision: generated rows inside the real manifold; recall: real rows inside the generated one; density and
    coverage: their counterparts that an outlier cannot inflate. Density may exceed 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: ArrayLike, fake: ArrayLike, k: int = 5) -> PrecisionRecall:
    """Improved precision and recall, density and coverage, with the k-th nearest neighbour as the radius of a row.

    Parameters
    ----------
    real : (n, d) features; fake : (m, d) features of the same network, more than k rows each
    k : neighbour that sets the radius, 1 or more

    Returns
    -------
    PrecisionRecall : shares from 0 to 1; density may exceed 1.

    Raises
    ------
    MetricError
        wrong shapes, k rows or fewer, NaN or infinity.

    References
    ----------
    Kynkaanniemi et al. (2019) for precision and recall; Naeem et al. (2020) for density and coverage.
    """
    if k < 1:
        raise MetricError(f"k: at least 1, got {k}")
    first = as_features(real, name="real", at_least=k + 1)
    second = as_features(fake, name="fake", at_least=k + 1)
    if first.shape[1] != second.shape[1]:
        raise MetricError(f"features of {first.shape[1]} and {second.shape[1]} dimensions cannot be compared")
    radius_real, radius_fake = _radii(first, k), _radii(second, k)
    in_real = np.zeros(len(second))
    in_fake = np.zeros(len(first), dtype=bool)
    covered = np.zeros(len(first), dtype=bool)
    for part, block in row_blocks(first):
        distance = _squared_distances(block, second)
        in_real += (distance < radius_real[part, None]).sum(axis=0)
        in_fake[part] = (distance < radius_fake[None]).any(axis=1)
        covered[part] = distance.min(axis=1) < radius_real[part]
    return PrecisionRecall(
        precision=float((in_real > 0).mean()),
        recall=float(in_fake.mean()),
        density=float(in_real.mean()) / k,
        coverage=float(covered.mean()),
    )


def _radii(rows: Floats, k: int) -> Floats:
    """Squared distance of every row to its k-th nearest other row."""
    radii = np.empty(len(rows))
    for part, block in row_blocks(rows):
        distance = _squared_distances(block, rows)
        distance[np.arange(len(block)), np.arange(part.start, part.stop)] = -1.0
        radii[part] = np.partition(distance, k, axis=1)[:, k]
    return radii


def _squared_distances(a: Floats, b: Floats) -> Floats:
    return np.maximum(np.vecdot(a, a)[:, None] + np.vecdot(b, b)[None] - 2.0 * (a @ b.T), 0.0)
