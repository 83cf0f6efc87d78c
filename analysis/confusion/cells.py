"""Single cells, symmetry and response bias of a confusion matrix (k, k), rows = heard, columns = chosen."""

import warnings
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations
from math import comb, lcm

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.tools.sm_exceptions import SingularMatrixWarning

from analysis.chance import Law, convolve
from analysis.confusion.even_use import compare_use
from analysis.confusion.matrix import two_way_matrix
from analysis.confusion.pairs import (
    complete_boards,
    errors_by_participant,
    expected_errors,
    permuted_p,
)
from analysis.intervals import benjamini_hochberg, holm
from analysis.permutation import drawn_words
from analysis.reading import Answers, answers_from
from analysis.renaming import confusion_laws, tables_of

# Most additions that the exact law of Bowker's statistic may take; beyond it tables are drawn.
SYMMETRY_WORK = 300_000
DRAWS = 20_000
SEED = 20_260_103


@dataclass(frozen=True)
class ConfusionCell:
    """How often one category was taken for another, given the errors made."""

    heard: str
    chosen: str
    n: int
    expected: float
    p_value: float
    p_holm: float
    p_bh: float


@dataclass(frozen=True)
class Symmetry:
    """Is a taken for b as often as b for a? Bowker over the pairs that occur, and the exact conditional test.

    left_out   answers with an image whose category was not heard on the board: there is no way back from it
    """

    statistic: float | None
    df: int | None
    p_asymptotic: float | None
    p_exact: float | None
    method: str
    status: str
    reason: str
    left_out: int = 0


@dataclass(frozen=True)
class ResponseBias:
    """Are some images chosen more than others, whatever was heard?

    chi2, df, p_value   totals against even use (`analysis.confusion.even_use`)
    stuart_maxwell      totals against what was heard; its p is asymptotic and takes answers as independent
    """

    chosen: list[int]
    chi2: float | None
    df: int | None
    p_value: float | None
    method: str
    stuart_maxwell: float | None
    stuart_maxwell_df: int | None
    stuart_maxwell_p: float | None
    status: str
    reason: str


def cell_tests(responses: pd.DataFrame | Answers, *, by_person: bool = True) -> list[ConfusionCell]:
    """Every off-diagonal cell, one-sided p given the errors, Holm and Benjamini-Hochberg over all cells tested.

    The tests are those of `analysis.confusion.pairs`, one direction alone. Empty list where these have none, where
    nothing was wrong, or with fewer than three categories. A category that is never heard has no cells of its own.
    """
    answers = answers_from(responses)
    if not answers.boards or answers.n_answers == answers.total_correct or len(answers.categories) < 3:
        return []
    heard = answers.matrix.sum(axis=1) > 0
    cells = [(i, j) for i, j in permutations(range(len(answers.categories)), 2) if heard[i]]
    found = _cells(answers, cells, by_person=by_person)
    raw = [p for _, p in found]
    names = answers.categories
    return [
        ConfusionCell(names[i], names[j], int(answers.matrix[i, j]), mean, p, p_holm, p_bh)
        for (i, j), (mean, p), p_holm, p_bh in zip(cells, found, holm(raw), benjamini_hochberg(raw), strict=True)
    ] if found else []  # fmt: skip


def _cells(answers: Answers, cells: list[tuple[int, int]], *, by_person: bool) -> list[tuple[float, float]]:
    """(expected, p) of every cell; empty where there is no test."""
    plain = complete_boards(answers)
    if not by_person or (plain and not answers.has_several_boards):
        return _independent(answers, cells)
    tables = tables_of(answers)
    if plain:
        errors = errors_by_participant(answers)
        everything = list(permutations(range(len(answers.categories)), 2))
        means = expected_errors(errors, tables, ordered=True)
        found = dict(zip(everything, zip(means, permuted_p(errors, tables, ordered=True), strict=True), strict=True))
        return [found[cell] for cell in cells]
    laws = confusion_laws(tables) if tables.largest > 1 else None
    if laws is None:
        return []
    return [(law.mean, law.sf(int(answers.matrix[cell]))) for cell in cells for law in [laws.law([cell])]]


def _independent(answers: Answers, cells: list[tuple[int, int]]) -> list[tuple[float, float]]:
    kinds = _row_errors(answers)
    found = []
    laws: dict[frozenset[tuple[tuple[int, ...], int]], Law] = {}
    for i, j in cells:
        parts: Counter[tuple[int, ...]] = Counter()
        for (heard, images, wrong, ways), times in kinds.items():
            if heard == i and j in images:
                parts[(ways - wrong, wrong)] += times
        key = frozenset(parts.items())
        law = laws[key] = laws.get(key) or convolve(parts.items())
        found.append((law.mean, law.sf(int(answers.matrix[i, j]))))
    return found


def two_way_symmetry(answers: Answers) -> Symmetry:
    """`symmetry` of the answers on images whose categories were heard on the same board."""
    matrix = two_way_matrix(answers)
    left_out = answers.n_answers - int(matrix.sum())
    found = symmetry(matrix)
    if found.status != "ok" and left_out:
        reason = "No clip was matched to the image of another category heard on its board."
        return replace(found, reason=reason, left_out=left_out)
    return replace(found, left_out=left_out)


def symmetry(matrix: np.ndarray) -> Symmetry:
    """Bowker's test over non-empty pairs, with the exact p: each pair's errors split by fair coins."""
    pairs = [(int(matrix[i, j]), int(matrix[j, i])) for i, j in combinations(range(len(matrix)), 2)]
    pairs = [(a, b) for a, b in pairs if a + b > 0]
    if not pairs:
        return Symmetry(None, None, None, None, "none", "not_applicable", "No errors were made.")
    observed = sum((Fraction((a - b) ** 2, a + b) for a, b in pairs), Fraction())
    statistic, df = float(observed), len(pairs)
    p_exact, method = _symmetry_exact([a + b for a, b in pairs], observed)
    return Symmetry(statistic, df, float(stats.chi2.sf(statistic, df)), p_exact, method, "ok", "")


def response_bias(answers: Answers) -> ResponseBias:
    """Column totals against uniform use, and Stuart-Maxwell against the rows; meaningless where margins are forced."""
    matrix = answers.matrix
    chosen = [int(n) for n in matrix.sum(axis=0)]
    k = len(chosen)
    if any(answers.n_options[b] > answers.n_clips[b] for b in answers.answered_boards):
        reason = "There are more images than clips: an image without a clip is rightly left over, whoever likes it."
        return _no_bias(chosen, "not_applicable", reason)
    if answers.design == "one_to_one":
        reason = "One-to-one matching forces every image to be used once, so the totals cannot differ."
        return _no_bias(chosen, "not_applicable", reason)
    if k < 2 or not sum(chosen):
        return _no_bias(chosen, "too_small", "Too few answers or categories.")
    if any(sorted(board.images) != list(range(k)) or board.n_images != k for board in answers.boards):
        return _no_bias(chosen, "not_applicable", "Some boards do not show one image of every category.")
    kept = answers.answered
    table = np.zeros((answers.n_participants, k), dtype=np.int64)
    np.add.at(table, (answers.participant[kept], answers.chosen[kept]), 1)
    chi2, p_value, method = compare_use(table)
    return ResponseBias(chosen, chi2, k - 1, p_value, method, *_stuart_maxwell(matrix), "ok", "")


def _no_bias(chosen: list[int], status: str, reason: str) -> ResponseBias:
    return ResponseBias(chosen, None, None, None, "none", None, None, None, status, reason)


def _stuart_maxwell(matrix: np.ndarray) -> tuple[float | None, int | None, float | None]:
    # Where some categories are never taken for others, the margins' covariance has no inverse and there is no test.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SingularMatrixWarning)
            found = SquareTable(matrix, shift_zeros=False).homogeneity(method="stuart_maxwell")
    except (np.linalg.LinAlgError, SingularMatrixWarning):
        return None, None, None
    if not np.isfinite(found.statistic):
        return None, None, None
    # statsmodels takes one minus the lower tail, of which nothing is left below 1e-16.
    return float(found.statistic), int(found.df), float(stats.chi2.sf(found.statistic, found.df))


def _row_errors(answers: Answers) -> Counter[tuple[int, frozenset[int], int, int]]:
    """(heard, images, favourable ways, all ways) of a clip falling on one given other image, with how often."""
    kinds: Counter[tuple[int, frozenset[int], int, int]] = Counter()
    board_of = answers.answered_boards
    if answers.design == "free":
        for row in np.flatnonzero(answers.answered & ~answers.hit).tolist():
            board = board_of[int(answers.block[row])]
            kinds[(int(answers.heard[row]), frozenset(board.images), 1, board.n_images - 1)] += 1
        return kinds
    for b, board in board_of.items():
        k = len(board.clips)
        for clip in board.clips:
            # With e of k clips wrong, this clip falls on this image in e / (k (k - 1)) of the answers.
            kinds[(clip, frozenset(board.images), int(answers.errors_by_block[b]), k * (k - 1))] += 1
    return kinds


def _symmetry_exact(sizes: list[int], observed: Fraction) -> tuple[float, str]:
    """P(statistic >= observed): the statistic as a whole number over one denominator, its law by convolution."""
    denominator = lcm(*sizes)
    law: dict[int, float] = {0: 1.0}
    work = 0
    for size in sizes:
        # The law of one pair has size // 2 + 1 values, as both directions give the same.
        work += len(law) * (size // 2 + 1)
        if work > SYMMETRY_WORK:
            return _symmetry_drawn(sizes, observed), drawn_words("seeded draws", DRAWS)
        part: dict[int, float] = {}
        for a in range(size + 1):
            value = (2 * a - size) ** 2 * (denominator // size)
            part[value] = part.get(value, 0.0) + comb(size, a) / 2**size
        following: dict[int, float] = {}
        for value, p in law.items():
            for more, q in part.items():
                following[value + more] = following.get(value + more, 0.0) + p * q
        law = following
    target = observed * denominator
    return min(1.0, sum(sorted(p for value, p in law.items() if value >= target))), "exact"


def _symmetry_drawn(sizes: list[int], observed: Fraction) -> float:
    rng = np.random.default_rng(SEED)
    drawn = rng.binomial(sizes, 0.5, size=(DRAWS, len(sizes)))
    values = ((2 * drawn - np.array(sizes)) ** 2 / np.array(sizes)).sum(axis=1)
    return float((1 + (values >= float(observed) * (1 - 1e-12)).sum()) / (DRAWS + 1))
