"""Did the music of every category stand at every place of the board as often as planned?

On each board the clips are planned to stand in an order drawn at random, every order as likely. What happened is
counted per category and place and compared with that plan by Pearson's statistic; its p permutes the clips of each
board over their places, so it is right however many boards a participant answered and whatever categories they hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.permutation import count_draws, drawn_words, seeded_p
from analysis.reading import BLOCK

FEWEST_PERMUTATIONS = 199
# Places that are permuted in all, in about half a second: larger studies get fewer permutations, down to the fewest.
PERMUTED_VALUES = 10_000_000
SEED = 20_261_129
METHOD = "seeded permutation within boards"


@dataclass(frozen=True)
class ClipPlaces:
    """How often a category's clip stood at a place, (k categories, places), and what is expected of random orders.

    n_boards: boards counted. n_left_out: boards whose places are not all known. p_value: chance of orders as uneven.
    """

    counts: list[list[int]]
    expected: list[list[float]]
    n_boards: int
    n_left_out: int
    chi2: float | None
    p_value: float | None
    method: str
    status: str
    reason: str


def clip_places(rows: pd.DataFrame, categories: Sequence[str]) -> ClipPlaces:
    """Counts and test over the boards of tidy rows (answered or not) that know the place of every clip."""
    boards, left_out = _boards_by_size(rows, categories)
    n_boards = sum(len(table) for table in boards)
    if not n_boards:
        return ClipPlaces([], [], 0, left_out, None, None, "none", "too_small", "No places of clips were recorded.")
    shape = len(categories), max(table.shape[1] for table in boards)
    counts = np.sum([_count(table[None], shape)[0] for table in boards], axis=0)
    expected = np.sum([_expect(table, shape) for table in boards], axis=0)
    shown = counts.tolist(), expected.tolist(), n_boards, left_out
    if not any(np.ptp(table, axis=1).any() for table in boards):
        reason = "No board holds clips of two categories, so there is no order to compare."
        return ClipPlaces(*shown, None, None, "none", "not_applicable", reason)
    chi2 = float(_chi2(counts[None], expected)[0])
    p_value, draws = _permuted_p(boards, shape, expected, chi2)
    return ClipPlaces(*shown, chi2, p_value, drawn_words(METHOD, draws), "ok", "")


def _boards_by_size(rows: pd.DataFrame, categories: Sequence[str]) -> tuple[list[np.ndarray], int]:
    """Category codes (boards, places) in order of place, one table for every size of board; boards left out."""
    if not len(rows):
        return [], 0
    board = rows.groupby(BLOCK, sort=False).ngroup().to_numpy()
    order = np.lexsort((rows["clip_position"], board))
    board = board[order]
    size = np.bincount(board)
    place = np.arange(len(board)) - (np.cumsum(size) - size)[board] + 1
    # Whole: every clip has its row, and their places are 1, 2, 3, ...
    fits = (rows["clip_position"].to_numpy()[order] == place) & (rows["n_clips"].to_numpy()[order] == size[board])
    whole = np.bincount(board, weights=fits) == size
    code = rows["clip_category"].map({name: i for i, name in enumerate(categories)}).to_numpy(dtype=np.int64)[order]
    kept = [code[(whole & (size == n))[board]].reshape(-1, n) for n in np.unique(size[whole])]
    return kept, int((~whole).sum())


def _count(tables: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(draws, k, places) of category codes (draws, boards, places)."""
    draws, _, places = tables.shape
    cells = (np.arange(draws)[:, None, None] * shape[0] + tables) * shape[1] + np.arange(places)
    return np.bincount(cells.ravel(), minlength=draws * shape[0] * shape[1]).reshape(draws, *shape)


def _expect(table: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Mean of `_count` when the clips of every board stand in random order."""
    expected = np.zeros(shape)
    expected[:, : table.shape[1]] = np.bincount(table.ravel(), minlength=shape[0])[:, None] / table.shape[1]
    return expected


def _chi2(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Pearson's statistic of (draws, k, places); cells that cannot occur add nothing."""
    return ((counts - expected) ** 2 / np.where(expected > 0, expected, 1)).sum(axis=(1, 2))


def _permuted_p(
    boards: list[np.ndarray], shape: tuple[int, int], expected: np.ndarray, chi2: float
) -> tuple[float, int]:
    """p and the number of draws."""

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        counts = np.zeros((draws, *shape))
        for table in boards:
            counts += _count(rng.permuted(np.broadcast_to(table, (draws, *table.shape)), axis=2), shape)
        return _chi2(counts, expected) >= chi2 - 1e-9

    size = sum(table.size for table in boards)
    bounds = {"fewest": FEWEST_PERMUTATIONS, "most_values": PERMUTED_VALUES}
    p_value = seeded_p(is_extreme, values=size, held=max(size, shape[0] * shape[1]), seed=SEED, **bounds)
    return float(p_value), count_draws(size, **bounds)
