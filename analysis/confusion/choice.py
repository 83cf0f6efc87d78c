"""Similarity-choice model: confusions as similarity of categories times bias towards their images.

P(choose j | heard i) = b_j eta_ij / sum_l b_l eta_il with symmetric eta, eta_ii = 1 and sum b = 1. It is the model of
quasi-symmetry; the fit is by iterative proportional fitting.
"""

from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError

MAP_FROM = 6


@dataclass(frozen=True)
class ChoiceModel:
    """Similarities (k, k), biases (k,), fitted counts (k, k) and lack of fit on its degrees of freedom."""

    eta: np.ndarray
    bias: np.ndarray
    fitted: np.ndarray
    g2: float
    df: int
    log_likelihood: float


def closed_form(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """eta_ij = sqrt(p_ij p_ji / (p_ii p_jj)) and the bias that goes with it; a zero on the diagonal has none."""
    counts = np.asarray(counts, dtype=float)
    if (np.diag(counts) == 0).any():
        raise AnalysisError("A category that is never matched correctly has no similarity; add 0.5 to every cell.")
    diagonal = np.diag(counts)
    eta = np.sqrt(counts * counts.T / np.outer(diagonal, diagonal))
    if (counts == 0).any():
        return eta, np.full(len(counts), np.nan)
    # log(b_j / b_i) for every i and j; where the model holds exactly all rows agree, elsewhere they are averaged.
    ratios = np.log(counts * diagonal[None, :] / (counts.T * diagonal[:, None])) / 2
    bias = np.exp(ratios.mean(axis=0))
    return eta, bias / bias.sum()


def fit_choice(counts: np.ndarray, *, tolerance: float = 1e-12, rounds: int = 100_000) -> ChoiceModel:
    """Maximum likelihood by proportional fitting of rows, columns and symmetric sums; counts must be positive."""
    counts = np.asarray(counts, dtype=float)
    if (counts <= 0).any():
        raise AnalysisError("The choice model needs positive counts; add 0.5 to every cell.")
    fitted = np.ones_like(counts)
    pairs = counts + counts.T
    for _ in range(rounds):
        before = fitted
        fitted = fitted * (counts.sum(axis=1) / fitted.sum(axis=1))[:, None]
        fitted = fitted * (counts.sum(axis=0) / fitted.sum(axis=0))[None, :]
        fitted = fitted * pairs / (fitted + fitted.T)
        if float(np.abs(fitted - before).max()) < tolerance:
            break
    shares = fitted / fitted.sum(axis=1, keepdims=True)
    eta, bias = closed_form(shares)
    k = len(counts)
    return ChoiceModel(
        eta=eta,
        bias=bias,
        fitted=fitted,
        g2=2 * float((counts * np.log(counts / fitted)).sum()),
        df=(k - 1) * (k - 2) // 2,
        log_likelihood=float((counts * np.log(shares)).sum()),
    )


def category_map(eta: np.ndarray) -> tuple[np.ndarray, float]:
    """Classical scaling of the distances -ln eta to a plane: (k, 2) and the share of positive variance shown.

    Needs at least six categories: a plane always fits fewer.
    """
    k = len(eta)
    if k < MAP_FROM:
        raise AnalysisError(f"A map of {k} categories says nothing; it needs {MAP_FROM} or more.")
    distances = -np.log(eta)
    centre = np.eye(k) - 1 / k
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    order = np.argsort(values)[::-1][:2]
    points = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    # Signs of eigenvectors are arbitrary: the largest coordinate of each axis is made positive.
    points *= np.sign(points[np.abs(points).argmax(axis=0), [0, 1]])
    return points, float(np.maximum(values[order], 0).sum() / np.maximum(values, 0).sum())
