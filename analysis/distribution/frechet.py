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

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from analysis.distribution.rows import Floats, as_pair
from analysis.errors import MetricError


def frechet_distance(a: ArrayLike, b: ArrayLike, *, ddof: int = 1) -> float:
    """|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2) between two sets of features (eq. 7); FID on Inception features.

    With fewer rows than dimensions the trace is the sum of singular values of the product of the two centred tables:
    exact, and far cheaper than a matrix root.

    Parameters
    ----------
    a : (n1, d) features; b : (n2, d) features of the same network, each with more than `ddof` rows
    ddof : taken off the number of rows in the covariances

    Returns
    -------
    float : squared distance in the features' squared unit, 0 or more.

    Raises
    ------
    MetricError
        wrong shapes, too few rows, NaN or infinity.

    References
    ----------
    Dowson and Landau (1982) for the distance of normal laws; Heusel et al. (2017) for FID.
    """
    first, second = as_pair(a, b, at_least=ddof + 1)
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
    first, second = as_pair(a, b, at_least=1)
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
