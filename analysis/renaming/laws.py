"""Laws of correct matches when each participant's heard categories are renamed at random and the choices kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import numpy as np

from analysis.chance import Law, convolve, rook_counts
from analysis.permutation import seeded_p
from analysis.renaming.tables import Tables

# Classes up to this size have all their renamings counted (8! = 40,320).
EXACT_SIZE = 8
SEED = 20_260_120
# Values that are looked up at once.
HELD = 4_000_000


@dataclass(frozen=True)
class Moments:
    """Mean and variance of the number right over all renamings; exact for classes of any size."""

    mean: float
    var: float


def total_law(tables: Tables) -> Law | None:
    """Exact law of all correct matches; None where a class is too large to have its renamings counted."""
    parts: Counter[tuple[int, ...]] = Counter()
    for size in tables.parts:
        squares, times = np.unique(tables.squares(size), axis=0, return_counts=True)
        if size > EXACT_SIZE and not all(_is_single(square) for square in squares):
            return None
        found = _enumerated(squares) if size <= EXACT_SIZE else (_rooks(square) for square in squares)
        for counts, n in zip(found, times.tolist(), strict=True):
            parts[counts] += n
    return convolve(parts.items())


def total_moments(tables: Tables) -> Moments:
    """Hoeffding's moments of the sum over a random permutation, added over classes."""
    mean = var = 0.0
    for size in tables.parts:
        squares = tables.squares(size).astype(float)
        mean += float(squares.sum()) / size
        if size > 1:
            centred = squares - squares.mean(axis=1, keepdims=True) - squares.mean(axis=2, keepdims=True)
            centred += squares.mean(axis=(1, 2), keepdims=True)
            var += float((centred**2).sum()) / (size - 1)
    return Moments(mean, var)


def drawn_total_p(tables: Tables, observed: int) -> float:
    """One-sided p of the total by seeded renamings, (1 + hits) / (1 + draws)."""
    values = sum(names.size for _, names in tables.parts.values())

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        total = np.zeros(draws, dtype=np.int64)
        for size in tables.parts:
            squares = tables.squares(size)
            names = rng.permuted(np.broadcast_to(np.arange(size), (draws, len(squares), size)), axis=2)
            total += squares[np.arange(len(squares))[:, None], np.arange(size), names].sum(axis=(1, 2))
        return total >= observed

    return float(seeded_p(is_extreme, values=values, seed=SEED))


def category_law(tables: Tables, category: int) -> Law:
    """Exact law of one category's correct matches: its name falls on each member of its class with the same chance."""
    parts: Counter[tuple[int, ...]] = Counter()
    for column in _columns(tables, category):
        parts[tuple(np.bincount(column).tolist())] += 1
    return convolve(parts.items())


def draw_counts(tables: Tables, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Correct matches per category under renamings drawn for everybody, (draws, k)."""
    counts = np.zeros((draws, tables.counts.shape[1]), dtype=np.int64)
    for size, (_, members) in tables.parts.items():
        squares = tables.squares(size)
        names = rng.permuted(np.broadcast_to(np.arange(size), (draws, len(squares), size)), axis=2)
        # names[d, n, c]: the row that is called c.
        hits = squares[np.arange(len(squares))[:, None], names, np.arange(size)]
        for category in np.unique(members).tolist():
            own = members == category
            counts[:, category] += hits[:, own].sum(axis=1)
    return counts


def _columns(tables: Tables, category: int) -> Iterator[np.ndarray]:
    for owner, classes in enumerate(tables.classes):
        for members in classes:
            if category in members:
                yield tables.counts[owner, list(members), category]


def _enumerated(squares: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Renamings of every square (n, s, s) counted by how many answers are right."""
    n, size, _ = squares.shape
    ways = all_renamings(size)
    flat = squares.reshape(n, size * size)
    step = max(1, HELD // len(ways))
    for start in range(0, n, step):
        part = flat[start : start + step]
        totals = np.zeros((len(part), len(ways)), dtype=np.int64)
        for row in range(size):
            totals += part[:, row * size + ways[:, row]]
        for values in totals:
            yield tuple(np.bincount(values).tolist())


@cache
def all_renamings(size: int) -> np.ndarray:
    """All permutations of `size` names, (size!, size), the identity first."""
    return np.array(list(permutations(range(size))), dtype=np.intp)


def _is_single(square: np.ndarray) -> bool:
    """Whether every category was answered once at most: then the law has a closed form for any size."""
    return bool((square.sum(axis=1) <= 1).all())


def _rooks(square: np.ndarray) -> tuple[int, ...]:
    size, chosen = len(square), square.sum(axis=0)
    return rook_counts(tuple(chosen.tolist()), (1,) * size, size, size)
