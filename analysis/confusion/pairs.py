"""Which categories are taken for each other: tests of unordered pairs, given how many errors were made.

The question is *which* errors were made, not whether.

One complete one-to-one board each: among all answers to a board with exactly e errors every one is equally likely, so
M = [i taken for j] + [j taken for i] has a known law, and boards add up by convolution.

Several such boards each: errors of one person hang together; who takes Sky for Water once does so again, and the law of
single boards would call a pair in a tenth of studies in which everyone has a pair of their own. There the names of the
categories are permuted within each participant, all of their errors together.

Free choice, images of categories never heard, unanswered clips: what is chosen often is an error often. There the heard
categories are renamed within each participant (`analysis.renaming`), the choices and the number right kept. A category
that is never heard cannot be taken for another, so pairs with it are left out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from analysis.chance import Law, convolve, rencontres
from analysis.intervals import holm
from analysis.permutation import seeded_p
from analysis.reading import Answers, answers_from
from analysis.renaming import EXACT_SIZE, Tables, confusion_laws, tables_of

RENAMED = "exact renaming within participants, given how many were right"
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


def pair_tests(responses: pd.DataFrame | Answers, *, by_person: bool = True) -> list[ConfusedPair]:
    """Every unordered pair of categories, Holm-corrected over all pairs tested; in the order of the categories.

    `by_person=False` takes all answers as independent and wrong images as equally liked: for tables that do not tell
    who answered.
    """
    answers = answers_from(responses)
    pairs = list(combinations(range(len(answers.categories)), 2))
    obstacle = _obstacle(answers)
    if obstacle:
        return [_counted(answers, a, b, None, None, None, "none", *obstacle) for a, b in pairs]
    method, found = _found(answers, pairs, by_person=by_person)
    tested = [pair for pair, one in zip(pairs, found, strict=True) if one is not None]
    adjusted = dict(zip(tested, holm([one[1] for one in found if one is not None]), strict=True))
    return [
        _counted(answers, a, b, None, None, None, "none", "not_applicable", _never_heard(answers, a, b))
        if one is None
        else _counted(answers, a, b, *one, adjusted[a, b], method, "ok", "")
        for (a, b), one in zip(pairs, found, strict=True)
    ]


Found = list[tuple[float, float] | None]


def _found(answers: Answers, pairs: list[tuple[int, int]], *, by_person: bool) -> tuple[str, Found]:
    """The method and (expected, p) of every pair, None where a pair has no test."""
    plain = complete_boards(answers)
    if not by_person or (plain and not answers.has_several_boards):
        return EXACT, _independent(answers, pairs)
    tables = tables_of(answers)
    if plain:
        errors = errors_by_participant(answers)
        errors = errors + errors.transpose(0, 2, 1)
        return PERMUTED, list(zip(expected_errors(errors, tables), permuted_p(errors, tables), strict=True))
    laws = confusion_laws(tables)
    assert laws is not None
    heard = answers.matrix.sum(axis=1) > 0
    observed = answers.matrix + answers.matrix.T
    found: Found = []
    for a, b in pairs:
        law = laws.law([(a, b), (b, a)]) if heard[a] and heard[b] else None
        found.append((law.mean, law.sf(int(observed[a, b]))) if law else None)
    return RENAMED, found


def _independent(answers: Answers, pairs: list[tuple[int, int]]) -> Found:
    parts = _one_to_one_parts(answers) if answers.design == "one_to_one" else _free_parts(answers)
    found: Found = []
    laws: dict[frozenset[tuple[tuple[int, ...], int]], Law] = {}
    for a, b in pairs:
        key = frozenset(parts(a, b).items())
        law = laws[key] = laws.get(key) or convolve(key)
        found.append((law.mean, law.sf(int(answers.matrix[a, b] + answers.matrix[b, a]))))
    return found


def _never_heard(answers: Answers, a: int, b: int) -> str:
    silent = [answers.categories[c] for c in (a, b) if not answers.matrix[c].any()]
    return f"{' and '.join(silent)}: never heard, so nothing shows whether it would be taken for another."


def permuted_p(errors: np.ndarray, tables: Tables | None = None, *, ordered: bool = False) -> list[float]:
    """One-sided p of every cell's total from counts (participants, k, k), names permuted in each participant.

    Unordered: symmetric counts, in the order of `combinations(range(k), 2)`; ordered: of `permutations(range(k), 2)`.
    `tables` says which names one participant can exchange; without it all. (1 + hits) / (1 + draws).
    """
    k = errors.shape[1]
    rows, columns = np.nonzero(~np.eye(k, dtype=bool)) if ordered else np.triu_indices(k, 1)
    observed = errors.sum(axis=0)[rows, columns]
    kept: np.ndarray = np.asarray(errors.any(axis=(1, 2)))
    moving = errors[kept]
    people = np.arange(len(moving))[None, :, None]
    place = np.cumsum(kept) - 1
    parts = [(np.arange(len(moving)), np.broadcast_to(np.arange(k), (len(moving), k)))]
    if tables:
        owners_and_names = [(owners, names) for owners, names in tables.parts.values()]
        parts = [(place[owners[kept[owners]]], names[kept[owners]]) for owners, names in owners_and_names]

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        names = np.tile(np.arange(k), (draws, len(moving), 1))
        for owners, members in parts:
            drawn = rng.permuted(np.broadcast_to(members, (draws, *members.shape)), axis=2)
            names[:, owners[:, None], members] = drawn
        return moving[people, names[:, :, rows], names[:, :, columns]].sum(axis=1) >= observed

    found = seeded_p(is_extreme, values=len(moving) * len(rows), seed=SEED, most_values=LOOKED_UP)
    return [float(p) for p in found]


def expected_errors(errors: np.ndarray, tables: Tables, *, ordered: bool = False) -> list[float]:
    """Mean of every cell of `permuted_p` over all permutations of names within participants."""
    k = errors.shape[1]
    mean = np.zeros((k, k))
    for own, classes in zip(errors, tables.classes, strict=True):
        for here, there in product(classes, repeat=2):
            block = np.ix_(list(here), list(there))
            ways = len(here) * (len(there) - (here == there))
            mean[block] += own[block].sum() / max(1, ways)
    rows, columns = np.nonzero(~np.eye(k, dtype=bool)) if ordered else np.triu_indices(k, 1)
    return [float(value) for value in mean[rows, columns]]


def complete_boards(answers: Answers) -> bool:
    """Whether all boards are one-to-one ones with one clip and one image of every category on them, all answered."""
    boards = answers.answered_boards.items()
    return answers.design == "one_to_one" and all(
        one.plain and len(one.clips) == one.n_images == answers.n_clips[b] for b, one in boards
    )


def errors_by_participant(answers: Answers) -> np.ndarray:
    """Errors of every participant, heard by chosen, (participants, k, k), nothing on the diagonal."""
    k = len(answers.categories)
    wrong = answers.answered & ~answers.hit
    counts = np.zeros((answers.n_participants, k, k), dtype=np.int64)
    np.add.at(counts, (answers.participant[wrong], answers.heard[wrong], answers.chosen[wrong]), 1)
    return counts


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
    if complete_boards(answers):
        return None
    largest = tables_of(answers).largest
    if largest < 2:
        return "not_applicable", "No participant heard two categories on the same boards, so none can be exchanged."
    if largest > EXACT_SIZE:
        return "not_applicable", (
            f"The law of pairs given the errors is worked out for complete one-to-one boards, and for others of up to "
            f"{EXACT_SIZE} categories heard; here there are {largest}."
        )
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
