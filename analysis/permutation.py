"""Seeded permutation tests: as many draws as bounded work allows, in pieces that fit into memory."""

from collections.abc import Callable

import numpy as np

PERMUTATIONS = 9_999
FEWEST_PERMUTATIONS = 999
# Most values that are permuted in all: large studies get fewer permutations (about half a second).
PERMUTED_VALUES = 20_000_000
# Values that are held at once.
CHUNK = 1_000_000


def count_draws(values: int, *, fewest: int | None = None, most_values: int | None = None) -> int:
    """Permutations of so many values each, between `fewest` and 9,999."""
    return max(fewest or FEWEST_PERMUTATIONS, min(PERMUTATIONS, (most_values or PERMUTED_VALUES) // max(1, values)))


def drawn_words(method: str, draws: int) -> str:
    """A method in words with the smallest p that so many draws can give."""
    return f"{method}, {draws:,} draws: p is never below 1/{1 + draws:,}"


def seeded_p(
    is_extreme: Callable[[np.random.Generator, int], np.ndarray],
    *,
    values: int,
    seed: int,
    held: int | None = None,
    fewest: int | None = None,
    most_values: int | None = None,
) -> np.ndarray:
    """(1 + hits) / (1 + draws): Monte-Carlo p of permutation tests, never 0 (Phipson and Smyth 2010).

    Parameters
    ----------
    is_extreme : from a generator and a number of draws to booleans (draws, ...): statistic as extreme as the observed
    values : numbers that one draw permutes
    held : numbers that one draw keeps in memory, where these are more
    fewest, most_values : as `count_draws`

    Returns
    -------
    ndarray of the shape of one draw's booleans: () for a single test.
    """
    draws = count_draws(values, fewest=fewest, most_values=most_values)
    step = max(1, CHUNK // max(1, held or values))
    rng = np.random.default_rng(seed)
    hits = sum(is_extreme(rng, min(step, draws - start)).sum(axis=0) for start in range(0, draws, step))
    return np.asarray((1 + hits) / (1 + draws))
