"""Feature rows: checked, in blocks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import MetricError

Floats = NDArray[np.float64]

BLOCK = 1_024


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


def as_pair(a: ArrayLike, b: ArrayLike, *, at_least: int, unit: bool = False) -> tuple[Floats, Floats]:
    first = as_features(a, name="first set", at_least=at_least, unit=unit)
    second = as_features(b, name="second set", at_least=at_least, unit=unit)
    if first.shape[1] != second.shape[1]:
        raise MetricError(f"features of {first.shape[1]} and {second.shape[1]} dimensions cannot be compared")
    return first, second


def row_blocks(rows: Floats) -> Iterator[tuple[slice, Floats]]:
    for start in range(0, len(rows), BLOCK):
        part = slice(start, min(start + BLOCK, len(rows)))
        yield part, rows[part]
