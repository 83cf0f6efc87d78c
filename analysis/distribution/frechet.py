"""Distances between two sets of features and the variety inside one: FID, KID, CMMD, Vendi, precision and recall.

Conventions
    Features are taken as they are given; only `cmmd` and `vendi` scale rows to length 1, because their definitions do.
    `frechet_distance` is the squared Gaussian distance that is called FID on Inception features, with sample
    covariances (ddof=1). At n far below the number of dimensions it measures the sample size more than the images.
    `kid` is the unbiased squared MMD of the whole sets, not a mean over random subsets.
    `cmmd` is the biased estimate of its publication by default; at small n its diagonal is most of the value, so the
    unbiased one is offered as well.
    All functions are symmetric except `precision_recall`, whose first set is the real one.

Sources: Heusel et al. (2017) FID; Binkowski et al. (2018) KID; Jayasumana et al. (2024) CMMD; Friedman and Dieng (2023)
Vendi; Kynkaanniemi et al. (2019) and Naeem et al. (2020) precision, recall, density, coverage; Benny et al. (2021)
class-conditional FID.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from analysis.errors import MetricError

Floats = NDArray[np.float64]
BLOCK = 1_024
CMMD_SIGMA = 10.0
CMMD_SCALE = 1_000.0


def as_features(rows: ArrayLike, *, name: str, at_least: int = 1, unit: bool = False) -> Floats:
    """Finite float64 features (n, d), with unit=True scaled to length 1."""
    array = np.asarray(rows)
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise MetricError(f"{name}: expected a table of numbers (rows, dimensions), got {array.dtype} {array.shape}")
    if len(array) < at_least:
        raise MetricError(f"{name}: {len(array)} rows, at least {at_least} are needed")
    table = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise MetricError(f"{name}: row {bad[0]} holds a value that is not a finite number")
    if not unit:
        return table
    lengths = np.linalg.norm(table, axis=1)
    if not lengths.all():
        raise MetricError(f"{name}: row {np.argmin(lengths)} is a zero vector")
    return table / lengths[:, None]


def _pair(a: ArrayLike, b: ArrayLike, *, at_least: int, unit: bool = False) -> tuple[Floats, Floats]:
    first = as_features(a, name="first set", at_least=at_least, unit=unit)
    second = as_features(b, name="second set", at_least=at_least, unit=unit)
    if first.shape[1] != second.shape[1]:
        raise MetricError(f"features of {first.shape[1]} and {second.shape[1]} dimensions cannot be compared")
    return first, second


# -- Frechet distance ------------------------------------------------------------------------------------------------


def frechet_distance(a: ArrayLike, b: ArrayLike, *, ddof: int = 1) -> float:
    """|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2) between two sets of features; FID on Inception features.

    With fewer rows than dimensions the trace is the sum of singular values of the product of the two centred tables:
    exact, and far cheaper than a matrix root.

    Args:
        a: (n1, d), b: (n2, d), each with more than `ddof` rows.
    """
    first, second = _pair(a, b, at_least=ddof + 1)
    means = first.mean(axis=0), second.mean(axis=0)
    first, second = first - means[0], second - means[1]
    divisors = len(first) - ddof, len(second) - ddof
    dimensions = first.shape[1]
    if min(len(first), len(second)) < dimensions:
        cross = _nuclear_norm(first @ second.T) / np.sqrt(divisors[0] * divisors[1])
        traces = float(np.vdot(first, first)) / divisors[0] + float(np.vdot(second, second)) / divisors[1]
        return _settle(float(np.sum((means[0] - means[1]) ** 2)) + traces - 2.0 * cross)
    covariances = first.T @ first / divisors[0], second.T @ second / divisors[1]
    return frechet_of_moments(means[0], covariances[0], means[1], covariances[1])


def frechet_of_moments(mean_a: ArrayLike, cov_a: ArrayLike, mean_b: ArrayLike, cov_b: ArrayLike) -> float:
    """The same from means (d,) and covariances (d, d), from the eigenvalues of C1 C2."""
    means = np.asarray(mean_a, dtype=np.float64) - np.asarray(mean_b, dtype=np.float64)
    covariances = np.asarray(cov_a, dtype=np.float64), np.asarray(cov_b, dtype=np.float64)
    cross = float(np.sqrt(np.clip(_product_spectrum(*covariances), 0.0, None)).sum())
    total = float(means @ means) + float(np.trace(covariances[0]) + np.trace(covariances[1])) - 2.0 * cross
    return _settle(total)


def _product_spectrum(first: Floats, second: Floats) -> Floats:
    """Eigenvalues of C1 C2, from the symmetric L' C2 L with L L' = C1."""
    # A symmetric table is its own transpose: LAPACK's column order costs one plain copy, and all steps work inside it.
    root, singular = linalg.lapack.dpotrf(first.T.copy(order="F"), lower=1, clean=0, overwrite_a=1)
    if singular:
        # A singular covariance has no Cholesky factor; its eigenvectors give a root as well.
        values, vectors = linalg.eigh(first, check_finite=False)
        factor = vectors * np.sqrt(np.clip(values, 0.0, None))
        return linalg.eigvalsh(factor.T @ second @ factor, check_finite=False)
    # LAPACK forms L' C2 L in half the time of two products, and fills the lower half alone.
    product, info = linalg.lapack.dsygst(second.T.copy(order="F"), root, itype=2, lower=1, overwrite_a=1)
    if info:
        raise MetricError(f"the covariances could not be multiplied (LAPACK dsygst: {info})")
    return linalg.eigvalsh(product, lower=True, driver="evd", overwrite_a=True, check_finite=False)


def _nuclear_norm(table: Floats) -> float:
    """Sum of singular values; a wide table is first cut down to its triangular factor."""
    rows, columns = table.shape
    if rows < columns:
        table, rows, columns = table.T, columns, rows
    if rows > columns:
        table = linalg.qr(table, mode="r", check_finite=False, overwrite_a=True)[0][:columns]
    return float(linalg.svdvals(table, check_finite=False, overwrite_a=True).sum())


def _settle(distance: float) -> float:
    """A squared distance is not negative; rounding may leave it a little below nought."""
    return max(0.0, distance)


@dataclass(frozen=True)
class ConditionalFrechet:
    """Frechet distance split by class (Benny et al. 2021), classes weighted equally.

    between   distance between the distributions of the class means (covariance over the classes, ddof=0)
    within    mean over the classes of the distance inside the class; `by_class` holds each
    """

    between: float
    within: float
    by_class: dict[Hashable, float]


def conditional_frechet(
    a: ArrayLike, a_labels: ArrayLike, b: ArrayLike, b_labels: ArrayLike, *, ddof: int = 1
) -> ConditionalFrechet:
    """Class-conditional Frechet distances over the classes that both sets hold.

    Raises:
        MetricError: no common class, or a class with `ddof` rows or fewer on one side.
    """
    first, second = _pair(a, b, at_least=1)
    labels = np.asarray(a_labels), np.asarray(b_labels)
    for table, own, name in ((first, labels[0], "a_labels"), (second, labels[1], "b_labels")):
        if own.shape != (len(table),):
            raise MetricError(f"{name}: expected one entry for each of {len(table)} rows, got shape {own.shape}")
    classes = sorted(set(labels[0].tolist()) & set(labels[1].tolist()))
    if not classes:
        raise MetricError("the two sets have no class in common")
    by_class = {}
    means: tuple[list[Floats], list[Floats]] = ([], [])
    for one in classes:
        parts = first[labels[0] == one], second[labels[1] == one]
        if min(map(len, parts)) <= ddof:
            raise MetricError(f"class '{one}' has {len(parts[0])} and {len(parts[1])} rows: too few for a covariance")
        by_class[one] = frechet_distance(*parts, ddof=ddof)
        for place in (0, 1):
            means[place].append(parts[place].mean(axis=0))
    between = frechet_distance(np.array(means[0]), np.array(means[1]), ddof=0)
    return ConditionalFrechet(between, float(np.mean(list(by_class.values()))), by_class)


# -- kernel distances ------------------------------------------------------------------------------------------------

Kernel = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class KernelDistance:
    """Squared maximum mean discrepancy with the influence of every row, from which its standard error follows."""

    unbiased: float
    biased: float
    influence_a: Floats
    influence_b: Floats


def kid(a: ArrayLike, b: ArrayLike) -> float:
    """Kernel distance: unbiased squared MMD with the kernel (x.y / d + 1)^3 over the whole sets.

    Args:
        a: (n1, d), b: (n2, d), at least two rows each.
    """
    first, second = _pair(a, b, at_least=2)
    return polynomial_distance(first, second).unbiased


def polynomial_distance(a: ArrayLike, b: ArrayLike) -> KernelDistance:
    """`kid` with the influence of every row."""
    first, second = _pair(a, b, at_least=2)
    dimensions = first.shape[1]
    return _kernel_distance(first, second, lambda x, y: (x @ y.T / dimensions + 1.0) ** 3)


def cmmd(a: ArrayLike, b: ArrayLike, *, sigma: float = CMMD_SIGMA, unbiased: bool = False) -> float:
    """1000 x squared MMD of unit rows with the kernel exp(-|x - y|^2 / (2 sigma^2)).

    Its publication takes embeddings of CLIP ViT-L/14 at 336 pixels; on any other space the number is another quantity.
    """
    first, second = _pair(a, b, at_least=2, unit=True)
    distance = gaussian_distance(first, second, sigma=sigma)
    return CMMD_SCALE * (distance.unbiased if unbiased else distance.biased)


def gaussian_distance(a: ArrayLike, b: ArrayLike, *, sigma: float = CMMD_SIGMA) -> KernelDistance:
    """Squared MMD of unit rows, unscaled, with the influence of every row."""
    first, second = _pair(a, b, at_least=2, unit=True)
    return _kernel_distance(first, second, lambda x, y: np.exp((x @ y.T - 1.0) / sigma**2))


def _kernel_distance(a: Floats, b: Floats, kernel: Kernel) -> KernelDistance:
    n, m = len(a), len(b)
    own_a, own_b = np.zeros(n), np.zeros(m)
    across_a, across_b = np.zeros(n), np.zeros(m)
    # Kernels of close rows are close to constant: the sums lose digits unless a common constant is taken out first.
    offset = float(kernel(a[:1], b[:1])[0, 0])
    self_a, self_b = (np.concatenate([kernel(x[i : i + 1], x[i : i + 1])[0] for i in range(len(x))]) for x in (a, b))
    for rows, block in _blocks(a):
        own_a[rows] = (kernel(block, a) - offset).sum(axis=1)
        across = kernel(block, b) - offset
        across_a[rows] = across.sum(axis=1)
        across_b += across.sum(axis=0)
    for rows, block in _blocks(b):
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


def _blocks(rows: Floats) -> Iterator[tuple[slice, Floats]]:
    for start in range(0, len(rows), BLOCK):
        part = slice(start, min(start + BLOCK, len(rows)))
        yield part, rows[part]


# -- variety ---------------------------------------------------------------------------------------------------------


def vendi(a: ArrayLike) -> float:
    """Vendi score: exp of the entropy of the eigenvalues of the cosine table divided by n.

    The effective number of different images, between 1 (all alike) and n (all orthogonal).
    """
    rows = as_features(a, name="images", unit=True)
    table = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    spectrum = linalg.eigvalsh(table / len(rows), check_finite=False)
    kept = spectrum[spectrum > 1e-15]
    return float(np.exp(-(kept * np.log(kept)).sum()))


def intra_label_distance(a: ArrayLike, labels: ArrayLike) -> dict[Hashable, float | None]:
    """Mean cosine distance between different images of each label; None for a label with one image."""
    rows = as_features(a, name="images", unit=True)
    own = np.asarray(labels)
    if own.shape != (len(rows),):
        raise MetricError(f"labels: expected one entry for each of {len(rows)} rows, got shape {own.shape}")
    found: dict[Hashable, float | None] = {}
    for label in sorted(set(own.tolist())):
        part = rows[own == label]
        n, total = len(part), part.sum(axis=0)
        found[label] = None if n < 2 else 1.0 - (float(total @ total) - n) / (n * (n - 1))
    return found


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

    Args:
        real: (n, d), fake: (m, d), more than k rows each.
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
    for part, block in _blocks(first):
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
    for part, block in _blocks(rows):
        distance = _squared_distances(block, rows)
        distance[np.arange(len(block)), np.arange(part.start, part.stop)] = -1.0
        radii[part] = np.partition(distance, k, axis=1)[:, k]
    return radii


def _squared_distances(a: Floats, b: Floats) -> Floats:
    return np.maximum(np.vecdot(a, a)[:, None] + np.vecdot(b, b)[None] - 2.0 * (a @ b.T), 0.0)
