"""Whether two confusion matrices differ: a permutation test of G squared over participants."""

from dataclasses import dataclass

import numpy as np

from analysis.compare.permutations import DRAWS, SEED
from analysis.errors import AnalysisError
from analysis.reading import Answers


@dataclass(frozen=True)
class MatrixComparison:
    """Do the whole confusion matrices differ? G2 between rows, participants permuted."""

    statistic: float | None
    p_value: float | None
    draws: int
    status: str
    reason: str


def compare_matrices(
    first: Answers, second: Answers, *, same_participants: bool, draws: int = DRAWS
) -> MatrixComparison:
    """Whole-matrix difference: participants are dealt out again (or, the same people, their two matrices swapped)."""
    if first.categories != second.categories:
        raise AnalysisError("The two arms have different categories, so their matrices cannot be compared.")
    one, two = participant_matrices(first), participant_matrices(second)
    if not len(one) or not len(two):
        return MatrixComparison(None, None, 0, "too_small", "One of the arms has no answers.")
    rng = np.random.default_rng(SEED)
    draws = max(200, min(draws, 200_000_000 // max(1, (len(one) + len(two)) * one.shape[1])))
    sums = one.sum(axis=0), two.sum(axis=0)
    total = sums[0] + sums[1]
    observed = row_g2(sums[0][None], sums[1][None], len(first.categories))[0]
    if same_participants:
        two = two[second.rows_of(first.participants)]
        swap = rng.integers(0, 2, size=(draws, len(one))).astype(float)
        left = sums[0][None] + swap @ (two - one)
    else:
        pooled = np.concatenate([one, two])
        chosen = rng.random((draws, len(pooled))).argsort(axis=1).argsort(axis=1) < len(one)
        left = chosen.astype(float) @ pooled
    values = row_g2(left, total[None] - left, len(first.categories))
    p = (1 + int((values >= observed * (1 - 1e-9)).sum())) / (draws + 1)
    return MatrixComparison(float(observed), p, draws, "ok", "")


def participant_matrices(answers: Answers) -> np.ndarray:
    """Flattened confusion matrix of every participant, (P, k * k)."""
    k = len(answers.categories)
    rows = answers.answered
    flat = answers.participant[rows] * k * k + answers.heard[rows] * k + answers.chosen[rows]
    return np.bincount(flat, minlength=answers.n_participants * k * k).reshape(-1, k * k).astype(float)


def row_g2(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """Sum over rows of the likelihood-ratio statistic between two matrices, (draws, k * k) each."""

    def part(table: np.ndarray) -> np.ndarray:
        rows = table.reshape(len(table), k, k)
        sums = rows.sum(axis=2, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(rows > 0, rows * np.log(rows / sums), 0.0).sum(axis=(1, 2))

    return 2 * (part(first) + part(second) - part(first + second))
