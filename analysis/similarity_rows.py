"""Rows of an array seen as unit vectors, worked through in blocks.

Conventions
    Nothing here ever holds a normalised copy or a row-by-row similarity matrix: a pass reads 256 rows at a time.
    Sums over rows are kept in float64. Products inside a block are float64 too, except for float32 arrays of more than
    `FLOAT32_FROM` numbers, whose blocks are multiplied as float32: the rounding of single cosines (about 1e-7) then
    averages out to about 1e-9 in a mean over them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import MetricError

BLOCK = 256
FLOAT32_FROM = 2**20

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Rows:
    """(n, d) numbers read as n vectors, each scaled to length 1 (or left as it is with `normalise=False`).

    One pass over the array checks it, finds the lengths and adds the scaled rows up, in total and for each of
    `groups` (codes 0 .. n_groups-1, -1 for rows in no group).
    """

    def __init__(
        self,
        rows: ArrayLike,
        *,
        name: str,
        groups: Ints | None = None,
        n_groups: int = 0,
        normalise: bool = True,
    ) -> None:
        array = np.asarray(rows)
        if array.ndim != 2 or array.shape[1] == 0:
            raise MetricError(f"{name}: expected a table of vectors (rows, dimensions), got shape {array.shape}")
        if len(array) == 0:
            raise MetricError(f"{name}: there are no rows")
        if array.dtype.kind not in "fiu":
            raise MetricError(f"{name}: expected numbers, got {array.dtype}")
        self.name = name
        self.work: type[np.floating] = (
            np.float32 if array.dtype == np.float32 and array.size > FLOAT32_FROM else np.float64
        )
        self.array = array
        # Blocks are copied and converted into these two, again and again: fresh memory costs more than the arithmetic.
        self._gathered = np.empty((BLOCK, array.shape[1]), dtype=array.dtype)
        self._converted = np.empty((BLOCK, array.shape[1]), dtype=self.work)
        self.scale = np.ones(len(array))
        self._scatter: Floats | None = None
        self.total = np.zeros(array.shape[1])
        self.group_totals = np.zeros((n_groups, array.shape[1]))
        if groups is None:
            for part, block in self._raw_blocks():
                if normalise:
                    self.scale[part] = 1.0 / self._lengths(block, part)
                weights: NDArray[np.floating] = self.scale[part].astype(self.work)
                self.total += weights @ block
        else:
            for rows_here, block, codes in self._grouped_blocks(groups):
                if normalise:
                    self.scale[rows_here] = 1.0 / self._lengths(block, rows_here)
                present, sums = self._sum_runs(block, rows_here, codes)
                self.total += sums.sum(axis=0)
                self.group_totals[present[present >= 0]] += sums[present >= 0]

    def __len__(self) -> int:
        return len(self.array)

    def _block(self, rows: Ints | slice) -> NDArray[np.floating]:
        """At most BLOCK raw rows in working precision, valid until the next call."""
        if isinstance(rows, slice):
            found = self.array[rows]
        else:
            found = np.take(self.array, rows, axis=0, out=self._gathered[: len(rows)], mode="clip")
        if found.dtype == self.work:
            return found
        np.copyto(self._converted[: len(found)], found)
        return self._converted[: len(found)]

    def _raw_blocks(self) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        for start in range(0, len(self.array), BLOCK):
            part = slice(start, min(start + BLOCK, len(self.array)))
            yield part, self._block(part)

    def _grouped_blocks(self, groups: Ints) -> Iterator[tuple[Ints | slice, NDArray[np.floating], Ints]]:
        """Blocks of rows in the order of their groups, so that a block holds few of them."""
        if bool((groups[:-1] <= groups[1:]).all()):
            for part, block in self._raw_blocks():
                yield part, block, groups[part]
            return
        order = np.argsort(groups, kind="stable")
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            yield rows, self._block(rows), groups[rows]

    def _lengths(self, block: NDArray[np.floating], part: Ints | slice) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.sqrt(np.vecdot(block, block).astype(np.float64))
        bad = np.flatnonzero(~np.isfinite(lengths) | (lengths == 0.0))
        if bad.size:
            what = "is a zero vector" if lengths[bad[0]] == 0.0 else "holds a value that is not a finite number"
            raise MetricError(f"{self.name}: row {np.arange(len(self))[part][bad[0]]} {what}")
        return lengths

    def _sum_runs(self, block: NDArray[np.floating], part: Ints | slice, codes: Ints) -> tuple[Ints, Floats]:
        """Groups of a block whose codes are sorted, and the sums of their unit rows."""
        new = np.append(True, codes[1:] != codes[:-1])
        run = np.cumsum(new) - 1
        one_hot = np.zeros((run[-1] + 1, len(codes)), dtype=self.work)
        one_hot[run, np.arange(len(codes))] = self.scale[part]
        return codes[new], (one_hot @ block).astype(np.float64)

    def sum(self, weights: NDArray | None = None) -> Floats:
        """Weighted sum of the unit rows, (d,)."""
        if weights is None:
            return self.total
        total = np.zeros(self.array.shape[1])
        scaled = (self.scale * weights).astype(self.work)
        for part, block in self._raw_blocks():
            total += scaled[part] @ block
        return total

    def group_sums(self, groups: Ints, n_groups: int) -> Floats:
        """Sum of the unit rows of each group, (n_groups, d); code -1 belongs to no group."""
        totals = np.zeros((n_groups, self.array.shape[1]))
        for part, block, codes in self._grouped_blocks(groups):
            present, sums = self._sum_runs(block, part, codes)
            totals[present[present >= 0]] += sums[present >= 0]
        return totals

    def times(self, vectors: Floats) -> Floats:
        """Products of every unit row with the columns of `vectors` (d, m), or with one vector (d,): (n, m) or (n,)."""
        if vectors.ndim == 1:
            products = np.empty(len(self))
            right = vectors.astype(self.work)
            for part, block in self._raw_blocks():
                products[part] = block @ right
            return products * self.scale
        # BLAS multiplies a multiple of eight columns markedly faster than one or two more.
        width = vectors.shape[1]
        right = np.zeros((len(vectors), -(-width // 8) * 8), dtype=self.work)
        right[:, :width] = vectors
        products = np.empty((len(self), width))
        for part, block in self._raw_blocks():
            np.multiply((block @ right)[:, :width], self.scale[part, None], out=products[part])
        return products

    def paired_with(self, other: Rows, partner: Ints) -> Floats:
        """Cosine of row i here with row partner[i] of `other`, (n,)."""
        cosines = np.empty(len(self))
        for part, block in self._raw_blocks():
            rows = partner[part]
            theirs = other._block(rows) if other is not self else other._block(rows).copy()
            block = block if other is not self else self._block(part)
            cosines[part] = np.vecdot(block, theirs) * self.scale[part] * other.scale[rows]
        return cosines

    def unit(self, rows: slice | Ints | None = None) -> Floats:
        """A float64 copy of the (chosen) unit rows; for small sets and chunks."""
        chosen = slice(None) if rows is None else rows
        return self.array[chosen].astype(np.float64) * self.scale[chosen][:, None]

    def scatter(self, weights: Floats | None = None) -> Floats:
        """Sum of outer products of the unit rows, (d, d), in O(n d^2); weights of nought leave rows out."""
        if weights is None and self._scatter is not None:
            return self._scatter
        size = self.array.shape[1]
        total = np.zeros((size, size))
        for start in range(0, len(self), 4 * BLOCK):
            part = slice(start, start + 4 * BLOCK)
            block = self.array[part].astype(self.work, copy=False)
            scale = self.scale[part] if weights is None else self.scale[part] * np.sqrt(weights[part])
            unit = block * scale.astype(self.work)[:, None]
            total += unit.T @ unit
        if weights is None:
            self._scatter = total
        return total


def as_codes(labels: ArrayLike, *, n: int, name: str) -> tuple[list, Ints]:
    """Distinct labels in sorted order and the code of each row."""
    array = np.asarray(labels)
    if array.shape != (n,):
        raise MetricError(f"{name}: expected one entry for each of {n} rows, got shape {array.shape}")
    names, codes = np.unique(array, return_inverse=True)
    return names.tolist(), codes.astype(np.int64)


def as_partner(partner: ArrayLike, *, n: int, n_others: int, name: str) -> Ints:
    """Row numbers checked against the table they point into."""
    array = np.asarray(partner)
    if array.shape != (n,):
        raise MetricError(f"{name}: expected one entry for each of {n} images, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise MetricError(f"{name}: expected whole row numbers, got {array.dtype}")
    outside = np.flatnonzero((array < 0) | (array >= n_others))
    if outside.size:
        row = int(outside[0])
        raise MetricError(f"{name}: image {row} points to row {int(array[row])}, but there are only {n_others} rows")
    return array.astype(np.int64)


def check_same_space(a: Rows, b: Rows) -> None:
    """Raise unless both tables have the same number of dimensions."""
    if a.array.shape[1] != b.array.shape[1]:
        raise MetricError(
            f"{a.name} have {a.array.shape[1]} dimensions, {b.name} have {b.array.shape[1]}: not one space"
        )
