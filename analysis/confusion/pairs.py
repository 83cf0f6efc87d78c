"""Which categories are taken for each other: tests of unordered pairs, given how many errors were made.

The question is *which* errors were made, not whether. One-to-one: among all answers to a board with exactly e errors
every one is equally likely, so M = [i taken for j] + [j taken for i] has a known law, and blocks add up by convolution.
Free: a wrong answer falls on each of the board's other images with the same chance.

Where participants answer several boards their errors hang together: who takes Sky for Water once does so again, and the
law of single boards would call a pair in a tenth of studies in which everyone has a pair of their own. There the names
of the categories are permuted within each participant instead, all of their errors together.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from analysis.chance import Law, convolve, rencontres
from analysis.intervals import holm
from analysis.permutation import seeded_p
from analysis.reading import Answers, answers_from

EXACT = "exact law given the errors"
PERMUTED = "seeded permutation of the categories within participants"
# Most errors that are looked up in all; large studies get fewer permutations (about half a second).
LOOKED_UP = 12_000_000
SEED = 20_260_111

# How often each conditional law occurs for categories a and b.
Parts = Callable[[int, int], "Counter[tuple[int, ...]]"]


@dataclass(frozen=True)
class ConfusedPair:
    """Errors between two categories in both directions, with the exact one-sided p of so many or more."""

    a: str
    b: str
    errors: int
    a_as_b: int
    b_as_a: int
    expected: float | None
    p_value: float | None
    p_holm: float | None
    method: str
    status: str
    reason: str


def pair_tests(responses: pd.DataFrame | Answers) -> list[ConfusedPair]:
    """Every unordered pair of categories, Holm-corrected over all pairs; in the order of the categories."""
    answers = answers_from(responses)
    obstacle = _obstacle(answers)
    pairs = list(combinations(range(len(answers.categories)), 2))
    if obstacle:
        return [_counted(answers, a, b, None, None, None, "none", *obstacle) for a, b in pairs]
    parts = _one_to_one_parts(answers) if answers.design == "one_to_one" else _free_parts(answers)
    found = []
    laws: dict[frozenset[tuple[tuple[int, ...], int]], Law] = {}
    for a, b in pairs:
        key = frozenset(parts(a, b).items())
        law = laws[key] = laws.get(key) or convolve(key)
        found.append((law.mean, law.sf(int(answers.matrix[a, b] + answers.matrix[b, a]))))
    method = EXACT
    if _several_boards(answers) and all(len(board.clips) == len(answers.categories) for board in answers.boards):
        method = PERMUTED
        found = [(mean, p) for (mean, _), p in zip(found, permuted_p(_errors_by_participant(answers)), strict=True)]
    adjusted = holm([p for _, p in found])
    return [
        _counted(answers, a, b, mean, p, p_holm, method, "ok", "")
        for (a, b), (mean, p), p_holm in zip(pairs, found, adjusted, strict=True)
    ]


def permuted_p(errors: np.ndarray) -> list[float]:
    """One-sided p of every pair's total from symmetric counts (participants, k, k), names permuted in each participant.

    In the order of `combinations(range(k), 2)`; (1 + hits) / (1 + draws).
    """
    k = errors.shape[1]
    rows, columns = np.triu_indices(k, 1)
    observed = errors.sum(axis=0)[rows, columns]
    moving = errors[errors.any(axis=(1, 2))]
    people = np.arange(len(moving))[None, :, None]

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        names = rng.permuted(np.broadcast_to(np.arange(k), (draws, len(moving), k)), axis=2)
        return moving[people, names[:, :, rows], names[:, :, columns]].sum(axis=1) >= observed

    found = seeded_p(is_extreme, values=len(moving) * len(rows), seed=SEED, most_values=LOOKED_UP)
    return [float(p) for p in found]


def _several_boards(answers: Answers) -> bool:
    return len(set(answers.block_participant.tolist())) < len(answers.block_participant)


def _errors_by_participant(answers: Answers) -> np.ndarray:
    """Errors between every two categories in either direction, (participants, k, k), nothing on the diagonal."""
    k = len(answers.categories)
    wrong = answers.answered & ~answers.hit
    counts = np.zeros((answers.n_participants, k, k), dtype=np.int64)
    np.add.at(counts, (answers.participant[wrong], answers.heard[wrong], answers.chosen[wrong]), 1)
    return counts + counts.transpose(0, 2, 1)


def pair_counts(k: int, errors: int) -> tuple[int, int, int]:
    """Permutations of k with exactly `errors` misplacements, by how many of i->j and j->i they contain (0, 1, 2)."""
    derangements = rencontres(errors)[0]
    whole = comb(k, errors) * derangements
    both = comb(k - 2, errors - 2) * rencontres(errors - 2)[0] if errors >= 2 else 0
    one = 2 * (whole * errors // (k * (k - 1)) - both)
    return whole - one - both, one, both


def unconditional_pair_counts(k: int) -> tuple[int, int, int]:
    """All permutations of k by how many of i->j and j->i they contain: P(2) = 1/(k (k-1)), P(1) = 2/k - 2 P(2)."""
    return k * (k - 1) - 2 * (k - 1) + 1, 2 * (k - 1) - 2, 1


def _obstacle(answers: Answers) -> tuple[str, str] | None:
    if len(answers.categories) < 2:
        return "not_applicable", "One category cannot be taken for another."
    if answers.n_answers == answers.total_correct:
        return "not_applicable", "No errors were made, so there is nothing to tell pairs apart by."
    if len(answers.categories) == 2:
        return "not_applicable", "With two categories every error is the same pair."
    plain = all(board.plain for board in answers.boards)
    if answers.design == "one_to_one":
        boards = answers.answered_boards.items()
        complete = plain and all(len(one.clips) == one.n_images == answers.n_clips[b] for b, one in boards)
        if not complete:
            return "not_applicable", (
                "The law of pairs given the errors is worked out for complete boards with one clip and one image of "
                "every category; some boards here are not."
            )
    elif not plain:
        return "not_applicable", "Some boards repeat a category, so wrong images are not equally likely."
    return None


def _one_to_one_parts(answers: Answers) -> Parts:
    """Function (a, b) -> how often each conditional law occurs."""
    kinds: Counter[tuple[tuple[int, ...], int]] = Counter()
    for b, board in answers.answered_boards.items():
        kinds[(board.clips, int(answers.errors_by_block[b]))] += 1

    def parts(a: int, b: int) -> Counter[tuple[int, ...]]:
        found: Counter[tuple[int, ...]] = Counter()
        for (clips, errors), times in kinds.items():
            if a in clips and b in clips:
                found[pair_counts(len(clips), errors)] += times
        return found

    return parts


def _free_parts(answers: Answers) -> Parts:
    """Function (a, b) -> how often each conditional law occurs: one Bernoulli(1 / other images) per wrong answer."""
    kinds: Counter[tuple[int, frozenset[int], int]] = Counter()
    for row in np.flatnonzero(answers.answered & ~answers.hit).tolist():
        board = answers.answered_boards[int(answers.block[row])]
        kinds[(int(answers.heard[row]), frozenset(board.images), board.n_images)] += 1

    def parts(a: int, b: int) -> Counter[tuple[int, ...]]:
        found: Counter[tuple[int, ...]] = Counter()
        for (heard, images, n_images), times in kinds.items():
            if heard in (a, b) and {a, b} <= images:
                found[(n_images - 2, 1)] += times
        return found

    return parts


def _counted(answers: Answers, a: int, b: int, *found: Any) -> ConfusedPair:
    """The pair with its errors, and what `found` says of them: expected, p_value and what follows."""
    there, back = int(answers.matrix[a, b]), int(answers.matrix[b, a])
    return ConfusedPair(answers.categories[a], answers.categories[b], there + back, there, back, *found)
