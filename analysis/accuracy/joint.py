"""All categories at once: the chance that renaming makes *some* category look this good (Westfall and Young).

Hits of different categories are dependent within a board (their correlation is +1/9 for four clips). Where everybody
answered one complete plain one-to-one board, renaming is random matching: which clips are right is a random subset with
a known law, so the joint law of all counts follows by convolution over blocks; what reaches a threshold is collected as
positive terms only, which keeps tiny p-values accurate. Elsewhere renamings are drawn for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.chance import injection_counts
from analysis.permutation import count_draws, drawn_words
from analysis.reading import Answers, BoardLayout, answers_from
from analysis.renaming import Tables, category_law, draw_counts, tables_of

# Largest number of states times patterns times blocks for the exact recursion (some 0.3 s).
EXACT_WORK = 60_000_000
LARGEST_BOARD = 12
DRAWS = 100_000
SEED = 20_260_102
# Values that are drawn at once.
HELD = 4_000_000
BOUND = "upper bound: the sum over categories"


@dataclass(frozen=True)
class JointTest:
    """Single-step adjusted p per category, by the minimum p over categories."""

    p_values: list[float | None]
    method: str
    status: str
    reason: str


def westfall_young(responses: pd.DataFrame | Answers) -> JointTest:
    """Adjusted p of every category: chance that the smallest of all categories' p-values is at most its own."""
    answers = answers_from(responses)
    k = len(answers.categories)
    if not answers.boards or k < 2:
        reason = "There are no several categories to be looked at at once."
        return JointTest([None] * k, "none", "not_applicable", reason)
    tables = tables_of(answers)
    tested = [c for c in range(k) if tables.renamed(c)]
    if not tested:
        return JointTest([None] * k, "none", "not_applicable", "No categories can be exchanged within a participant.")
    found = _adjusted(answers, tables, tested)
    return replace(found, p_values=[dict(zip(tested, found.p_values, strict=True)).get(c) for c in range(k)])


def _adjusted(answers: Answers, tables: Tables, tested: Sequence[int]) -> JointTest:
    """The test of the categories `tested`, in their order."""
    laws = [category_law(tables, c) for c in tested]
    hits = answers.hits_by_category.sum(axis=0)[tested]
    raw = [law.sf(int(n)) for law, n in zip(laws, hits, strict=True)]
    thresholds = [tuple(_threshold(law.pmf, p) for law in laws) for p in raw]
    # The sum over categories bounds the joint chance from above, and is all but equal to it where it is small.
    bounds = [min(1.0, sum(law.sf(x) for law, x in zip(laws, limits, strict=True))) for limits in thresholds]
    kinds = list(answers.board_counts.items())
    if _random_matching(answers) and len(tested) == len(answers.categories):
        if any(len(board.clips) > LARGEST_BOARD for board, _ in kinds):
            return JointTest([*bounds], BOUND, "ok", "")
        if all(_work(kinds, limits) <= EXACT_WORK for limits in thresholds):
            found = {limits: exceedance(kinds, limits, design=answers.design) for limits in set(thresholds)}
            return JointTest([min(1.0, found[limits]) for limits in thresholds], "exact", "ok", "")
        counts = _draw_counts(kinds, len(answers.categories), design=answers.design)
    else:
        counts = _draw_renamings(tables)[:, tested]
    draws = len(counts)
    drawn = [(1 + int((counts >= np.array(limits)).any(axis=1).sum())) / (draws + 1) for limits in thresholds]
    method = drawn_words("seeded draws", draws)
    if any(b < d for d, b in zip(drawn, bounds, strict=True)):
        method += "; where the sum over the categories, an upper bound, is smaller, it is given"
    return JointTest([min(d, b) for d, b in zip(drawn, bounds, strict=True)], method, "ok", "")


def _random_matching(answers: Answers) -> bool:
    """Whether renaming is random matching: one complete plain one-to-one board without images to spare each."""
    boards = answers.answered_boards
    return (
        answers.design == "one_to_one"
        and not answers.has_several_boards
        and all(one.plain and len(one.clips) == one.n_images == answers.n_clips[b] for b, one in boards.items())
    )


def _draw_renamings(tables: Tables) -> NDArray[np.int64]:
    rng = np.random.default_rng(SEED)
    values = sum(names.size for _, names in tables.parts.values())
    draws = count_draws(values)
    step = max(1, HELD // max(1, values))
    return np.concatenate([draw_counts(tables, rng, min(step, draws - start)) for start in range(0, draws, step)])


def exceedance(kinds: Sequence[tuple[BoardLayout, int]], limits: Sequence[int], *, design: str = "one_to_one") -> float:
    """P(count of some category c >= limits[c]) over the blocks `kinds` (board, how often)."""
    if any(limit <= 0 for limit in limits):
        return 1.0
    state = np.zeros([max(1, limit) for limit in limits])
    state[(0,) * len(limits)] = 1.0
    absorbed = 0.0
    for board, times in kinds:
        patterns = _patterns(board, design=design)
        for _ in range(times):
            state, leaving = _step(state, patterns)
            absorbed += leaving
    return absorbed


def hit_patterns(n: int, m: int, *, design: str = "one_to_one") -> np.ndarray:
    """P(exactly this set of `size` clips is right), by size 0..n; the same for every set of that size."""
    if design == "free":
        return np.array([(1 / m) ** size * (1 - 1 / m) ** (n - size) for size in range(n + 1)])
    whole = sum(injection_counts(n, m))
    # Exactly the clips of a set right: the others are matched with none of theirs.
    return np.array([injection_counts(n - size, m - size)[0] / whole for size in range(n + 1)])


def _patterns(board: BoardLayout, *, design: str) -> list[tuple[tuple[int, ...], float]]:
    chances = hit_patterns(len(board.clips), board.n_images, design=design)
    return [
        (subset, float(chances[size]))
        for size in range(len(board.clips) + 1)
        if chances[size] > 0
        for subset in combinations(board.clips, size)
    ]


def _step(state: np.ndarray, patterns: Sequence[tuple[tuple[int, ...], float]]) -> tuple[np.ndarray, float]:
    """One more block: the state shifted by every pattern, and the mass that reaches a limit."""
    following, leaving = np.zeros_like(state), 0.0
    for subset, p in patterns:
        source: list[slice] = [slice(None)] * state.ndim
        target: list[slice] = [slice(None)] * state.ndim
        for axis in subset:
            source[axis], target[axis] = slice(None, -1), slice(1, None)
            edge = [*source]
            edge[axis] = slice(-1, None)
            leaving += p * float(state[tuple(edge)].sum())
        following[tuple(target)] += p * state[tuple(source)]
    return following, leaving


def _threshold(pmf: np.ndarray, p: float) -> int:
    """Smallest count whose upper tail is at most p (with room for rounding)."""
    tails = np.cumsum(pmf[::-1])[::-1]
    reached = np.flatnonzero(tails <= p * (1 + 1e-9))
    return int(reached[0]) if len(reached) else len(pmf)


def _work(kinds: Sequence[tuple[BoardLayout, int]], limits: Sequence[int]) -> float:
    states = float(np.prod([float(max(1, limit)) for limit in limits]))
    return states * sum(2.0 ** len(board.clips) * times for board, times in kinds)


def _draw_counts(kinds: Sequence[tuple[BoardLayout, int]], k: int, *, design: str) -> np.ndarray:
    """Counts per category in random studies, shape (DRAWS, k)."""
    rng = np.random.default_rng(SEED)
    counts = np.zeros((DRAWS, k), dtype=np.int64)
    for board, times in kinds:
        patterns = _patterns(board, design=design)
        chances = np.array([p for _, p in patterns])
        chances /= chances.sum()
        member = np.zeros((len(patterns), k))
        for row, (subset, _) in enumerate(patterns):
            member[row, list(subset)] = 1
        step = max(1, 20_000_000 // max(times, len(patterns)))
        for start in range(0, DRAWS, step):
            part = counts[start : start + step]
            part += _draw_hits(rng, chances, member, times, len(part))
    return counts


def _draw_hits(
    rng: np.random.Generator, chances: np.ndarray, member: np.ndarray, times: int, size: int
) -> NDArray[np.int64]:
    """Hits per category (size, k) on `times` boards, drawn by pattern or by board, whichever takes fewer draws."""
    if times >= len(chances):
        return (rng.multinomial(times, chances, size=size) @ member).astype(np.int64)
    cuts = np.cumsum(chances)[:-1]
    hits = np.zeros((size, member.shape[1]))
    for _ in range(times):
        hits += member[np.searchsorted(cuts, rng.random(size), side="right")]
    return hits.astype(np.int64)
