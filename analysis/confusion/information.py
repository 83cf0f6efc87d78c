"""How much the choice tells about the clip: mutual information and association of a confusion matrix (k, k).

Plug-in information is biased upwards, the more the fewer the answers. The correction used by default subtracts its
mean under random matching of the same design; Miller-Madow is given for comparison only, as the zeros that one-to-one
matching forces make it meaningless.
"""

from dataclasses import dataclass
from math import log, log2

import numpy as np
from scipy import special, stats

from analysis.errors import AnalysisError
from analysis.reading import Answers

DRAWS = 2_000
DRAWN_CELLS = 4_000_000
SEED = 20_260_104


@dataclass(frozen=True)
class Information:
    """Mutual information in bits, its null under random matching, and what is left above it.

    most   bits if every choice told the category heard: log2 of the number of categories heard
    """

    bits: float
    bits_above_null: float
    null_mean: float
    null_q95: float
    null_draws: int
    fraction_of_maximum: float
    most: float
    miller_madow: float
    full_support: float
    entropy_chosen: float
    entropy_heard: float
    g2: float
    cramers_v: float | None
    lambda_chosen: float | None


def measure_information(answers: Answers) -> Information:
    """All of it for one arm with at least two categories and one answer."""
    matrix = answers.matrix
    if len(matrix) < 2 or not matrix.sum():
        raise AnalysisError("Information needs at least two categories and one answer.")
    bits = mutual_information(matrix)
    # A choice can tell no more than which of the categories heard it was; images without clips add nothing.
    most = log2(int((matrix.sum(axis=1) > 0).sum()))
    null = null_information(answers)
    return Information(
        bits=bits,
        bits_above_null=bits - float(null.mean()),
        null_mean=float(null.mean()),
        null_q95=float(np.quantile(null, 0.95)),
        null_draws=len(null),
        fraction_of_maximum=bits / most if most else 0.0,
        most=most,
        miller_madow=miller_madow(matrix),
        full_support=full_support_corrected(matrix),
        entropy_chosen=entropy(matrix.sum(axis=0)),
        entropy_heard=entropy(matrix.sum(axis=1)),
        g2=g_squared(matrix)[0],
        cramers_v=cramers_v(matrix),
        lambda_chosen=goodman_kruskal_lambda(matrix),
    )


def entropy(counts: np.ndarray) -> float:
    """Shannon entropy of counts, in bits."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def mutual_information(matrix: np.ndarray) -> float:
    """Plug-in mutual information of rows and columns, in bits."""
    value = entropy(matrix.sum(axis=0)) + entropy(matrix.sum(axis=1)) - entropy(matrix.ravel())
    return max(0.0, value)


def miller_madow(matrix: np.ndarray) -> float:
    """Each entropy plus (occupied cells - 1) / (2 n ln 2)."""
    n = float(matrix.sum())
    occupied = [int((part > 0).sum()) for part in (matrix.sum(axis=0), matrix.sum(axis=1), matrix)]
    return mutual_information(matrix) + (occupied[0] + occupied[1] - occupied[2] - 1) / (2 * n * log(2))


def full_support_corrected(matrix: np.ndarray) -> float:
    """Plug-in minus the first-order bias (k - 1)^2 / (2 n ln 2) when every cell can occur (Panzeri and Treves)."""
    k = len(matrix)
    return mutual_information(matrix) - (k - 1) ** 2 / (2 * float(matrix.sum()) * log(2))


def g_squared(matrix: np.ndarray) -> tuple[float, float, int]:
    """Likelihood-ratio statistic of independence, its asymptotic p, degrees of freedom."""
    value = 2 * log(2) * float(matrix.sum()) * mutual_information(matrix)
    df = (len(matrix) - 1) ** 2
    return value, float(stats.chi2.sf(value, df)), df


def chi_squared(matrix: np.ndarray) -> tuple[float, float]:
    """Pearson's statistic over rows and columns that occur, and its asymptotic p."""
    used = matrix[matrix.sum(axis=1) > 0][:, matrix.sum(axis=0) > 0]
    if min(used.shape) < 2:
        return 0.0, 1.0
    found = stats.chi2_contingency(used, correction=False)
    return float(found.statistic), float(found.pvalue)


def cramers_v(matrix: np.ndarray) -> float | None:
    """Cramer's V over rows and columns that occur; None with a single one."""
    used = matrix[matrix.sum(axis=1) > 0][:, matrix.sum(axis=0) > 0]
    smaller = min(used.shape) - 1
    return float(np.sqrt(chi_squared(matrix)[0] / (matrix.sum() * smaller))) if smaller else None


def goodman_kruskal_lambda(matrix: np.ndarray) -> float | None:
    """Share of errors in guessing the choice that knowing the clip removes; None where one choice is all there is."""
    n, top = float(matrix.sum()), float(matrix.sum(axis=0).max())
    return (float(matrix.max(axis=1).sum()) - top) / (n - top) if n > top else None


def null_information(answers: Answers, *, draws: int = DRAWS) -> np.ndarray:
    """Plug-in information of `draws` studies matched at random on the same boards, from a fixed seed; at least 100."""
    rng = np.random.default_rng(SEED)
    k = len(answers.categories)
    draws = max(100, min(draws, DRAWN_CELLS // max(1, answers.n_answers)))
    tables = np.zeros((draws, k * k))
    for board, times in answers.board_counts.items():
        clips = np.array(board.clips)
        shown = np.array([*board.images, *[-1] * (board.n_images - len(board.images))])
        for start in range(0, draws, max(1, 1_000_000 // (times * len(shown)))):
            size = min(draws - start, max(1, 1_000_000 // (times * len(shown))))
            if answers.design == "one_to_one":
                picks = rng.permuted(np.tile(shown, (size * times, 1)), axis=1)[:, : len(clips)]
            else:
                picks = rng.choice(shown, size=(size * times, len(clips)))
            rows = np.repeat(np.arange(start, start + size), times)[:, None]
            flat = (rows * k * k + clips * k + picks)[picks >= 0]
            tables += np.bincount(flat, minlength=draws * k * k).reshape(draws, k * k)
    cells = tables.reshape(draws, k, k)
    bits = _entropies(cells.sum(axis=1)) + _entropies(cells.sum(axis=2)) - _entropies(tables)
    return np.maximum(bits, 0.0)


def _entropies(counts: np.ndarray) -> np.ndarray:
    """`entropy` of every row of (n, cells); 0 for a row without counts."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray(special.entr(shares).sum(axis=1)) / log(2)
