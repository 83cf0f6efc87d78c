"""Rows of an array seen as unit vectors, worked through in blocks.

Conventions
    Nothing here ever holds a normalised copy or a row-by-row similarity matrix: a pass reads 512 rows at a time.
    Sums over rows are kept in float64. Products inside a block are float64 too, except for float32 arrays of more than
    `FLOAT32_FROM` numbers, whose blocks are multiplied as float32: the rounding of single cosines (about 1e-7) then
    averages out to about 1e-9 in a mean over them.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from analysis.errors import MetricError

BLOCK = 512
FLOAT32_FROM = 2**20

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Rows:
    """(n, d) numbers read as n vectors, each scaled to length 1 (or left as it is with `normalise=False`).

    One pass over the array checks it, finds the lengths and adds the scaled rows up, in total and for each of
    `groups` (codes 0 .. n_groups-1, -1 for rows in no group). With `read=False` that pass is left to `read_matched`.
    """

    def __init__(
        self,
        rows: ArrayLike,
        *,
        name: str,
        groups: Ints | None = None,
        n_groups: int = 0,
        normalise: bool = True,
        read: bool = True,
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
        self.scale = np.ones(len(array))
        self._scratch: dict[type[np.generic], np.ndarray] = {}
        self._scatter: Floats | None = None
        self.total = np.zeros(array.shape[1])
        self.group_totals = np.zeros((n_groups, array.shape[1]))
        if read:
            self._read(groups, normalise)

    def __len__(self) -> int:
        return len(self.array)

    def _room(self, kind: type[np.generic], n: int) -> np.ndarray:
        """Memory for a block, used again and again: fresh memory costs more than the arithmetic."""
        if kind not in self._scratch:
            self._scratch[kind] = np.empty((BLOCK, self.array.shape[1]), dtype=kind)
        return self._scratch[kind][:n]

    def _block(self, rows: Ints | slice) -> NDArray[np.floating]:
        """At most BLOCK raw rows in working precision, valid until the next call."""
        if isinstance(rows, slice):
            found = self.array[rows]
        elif _in_a_row(rows):
            found = self.array[rows[0] : rows[0] + len(rows)]
        else:
            room = self._room(self.array.dtype.type, len(rows))
            found = np.take(self.array, rows, axis=0, out=room, mode="clip")
        if found.dtype == self.work:
            return found
        converted = self._room(self.work, len(found))
        np.copyto(converted, found)
        return converted

    def _raw_blocks(self) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        for start in range(0, len(self.array), BLOCK):
            part = slice(start, min(start + BLOCK, len(self.array)))
            yield part, self._block(part)

    def _read(self, groups: Ints | None, normalise: bool) -> None:
        squares = np.empty(len(self), dtype=self.work)
        with np.errstate(all="ignore"):
            for part, block in self._raw_blocks():
                squares[part] = np.vecdot(block, block)
                weights = _weights(squares[part], normalise)
                if groups is None:
                    self.total += weights @ block
                else:
                    self.total += _add_groups(self.group_totals, block, weights, groups[part])
        self._keep_lengths(squares, normalise)

    def _keep_lengths(self, squares: NDArray[np.floating], normalise: bool = True) -> None:
        """Refuse rows that have no direction; what was added up with them is never seen."""
        bad = np.flatnonzero(~np.isfinite(squares) | (normalise & (squares == 0.0)))
        if bad.size:
            what = "is a zero vector" if squares[bad[0]] == 0.0 else "holds a value that is not a finite number"
            raise MetricError(f"{self.name}: row {bad[0]} {what}")
        if normalise:
            self.scale = 1.0 / np.sqrt(squares.astype(np.float64))

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
        for part, block in self._raw_blocks():
            _add_groups(totals, block, self.scale[part].astype(self.work), groups[part])
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
        padded = -(-width // 8) * 8
        right = np.zeros((len(vectors), padded), dtype=self.work)
        right[:, :width] = vectors
        products = np.empty((len(self), padded))
        for part, block in self._raw_blocks():
            np.multiply(block @ right, self.scale[part, None], out=products[part])
        return products[:, :width]

    def paired_with(self, other: "Rows", partner: Ints) -> Floats:
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


def read_matched(
    images: Rows, others: Sequence[Rows], partners: Sequence[Ints], groups: Ints, n_groups: int
) -> list[Floats]:
    """Read unread tables together, each row of `others` beside the image it belongs to while both are in the cache.

    Args:
        images: (G, d), added up for each of the `groups` (G,); others: tables (T, d); partners: (G,) rows of each.

    Returns:
        For each of `others` the cosines of the images with their partners, (G,), as `Rows.paired_with`.
    """
    images.group_totals = np.zeros((n_groups, images.array.shape[1]))
    squares = np.empty(len(images), dtype=images.work)
    pairs = [_Pairs(rows, partner) for rows, partner in zip(others, partners, strict=True)]
    # In the order of the first table only the images are fetched from here and there, not every table but the images.
    order = np.argsort(partners[0], kind="stable")
    with np.errstate(all="ignore"):
        for start in range(0, len(order), BLOCK):
            own = order[start : start + BLOCK]
            block = images._block(own)
            squares[own] = np.vecdot(block, block)
            images.total += _add_groups(images.group_totals, block, _weights(squares[own]), groups[own])
            for pair in pairs:
                pair.read_beside(own, block)
        images._keep_lengths(squares)
        for pair in pairs:
            pair.read_rest()
    return [pair.products * images.scale * pair.rows.scale[pair.partner] for pair in pairs]


class _Pairs:
    """A table on its way through `read_matched`: squared lengths and products of its rows in the images' order."""

    def __init__(self, rows: Rows, partner: Ints) -> None:
        self.rows = rows
        self.partner = partner
        self.products = np.empty(len(partner))
        self.squares = np.empty(len(partner), dtype=rows.work)
        self.new = _first_readings(partner)

    def read_beside(self, part: Ints, images: NDArray[np.floating]) -> None:
        block = self.rows._block(self.partner[part])
        squares = self.squares[part] = np.vecdot(block, block)
        weights = _weights(squares) if self.new is None else np.where(self.new[part], _weights(squares), 0)
        self.rows.total += weights @ block
        self.products[part] = np.vecdot(images, block)

    def read_rest(self) -> None:
        """Read the rows that are no image's partner, and keep all lengths."""
        squares = np.empty(len(self.rows), dtype=self.rows.work)
        squares[self.partner] = self.squares
        unseen = np.flatnonzero(np.bincount(self.partner, minlength=len(self.rows)) == 0)
        for start in range(0, len(unseen), BLOCK):
            rest = unseen[start : start + BLOCK]
            block = self.rows._block(rest)
            squares[rest] = np.vecdot(block, block)
            self.rows.total += _weights(squares[rest]) @ block
        self.rows._keep_lengths(squares)


def _weights(squares: NDArray[np.floating], normalise: bool = True) -> NDArray[np.floating]:
    """What scales rows of these squared lengths to length 1, in their precision."""
    return 1 / np.sqrt(squares) if normalise else np.ones_like(squares)


def _add_groups(
    totals: Floats, block: NDArray[np.floating], weights: NDArray[np.floating], codes: Ints
) -> Floats | float:
    """Add the weighted rows of a block to the totals of their groups; returns the sum of all of them."""
    low = codes.min()
    seen = np.bincount(codes - low) > 0
    present, place = low + np.flatnonzero(seen), (np.cumsum(seen, dtype=np.int32) - 1)[codes - low]
    # A sparse product adds rows where they lie; a dense one would first copy the block for itself.
    starts = np.arange(len(codes) + 1, dtype=np.int32)
    member = sparse.csc_array((weights, place, starts), shape=(len(present), len(codes)))
    sums = (member @ block).astype(np.float64)
    totals[present[present >= 0]] += sums[present >= 0]
    return sums.sum(axis=0)


def _first_readings(partner: Ints) -> NDArray[np.bool_] | None:
    """Which images are the first of those with the same partner; None where no two share one."""
    once = np.bincount(partner)
    if once.max() <= 1:
        return None
    first = np.zeros(len(partner), dtype=bool)
    first[np.unique(partner, return_index=True)[1]] = True
    return first


def _in_a_row(rows: Ints) -> bool:
    """The rows follow one another, so that no copy is needed to read them together."""
    return len(rows) > 0 and rows[-1] - rows[0] == len(rows) - 1 and bool((rows[1:] - rows[:-1] == 1).all())


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
