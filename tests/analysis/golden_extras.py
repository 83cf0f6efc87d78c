"""Statistics that golden values know and no report shows: they check the golden files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from analysis.chance import rencontres
from analysis.confusion.information import entropy, mutual_information


@dataclass(frozen=True)
class FixedPointModel:
    """b of P(answer) ~ exp(b * correct matches), its standard error and likelihood-ratio test against b = 0."""

    b: float
    se: float
    lr: float
    p_value: float


def fixed_point_model(scores: Sequence[int], k: int) -> FixedPointModel:
    """Fit b to one-to-one boards of k clips with these numbers of correct matches; not all perfect, not all zero."""
    counts, x = np.array(rencontres(k), dtype=float), np.arange(k + 1)
    n, total = len(scores), sum(scores)
    assert 0 < total < n * k, "b is infinite when every match is right or every match is wrong"

    def moments(b: float) -> tuple[float, float, float]:
        weights = counts * np.exp(b * x)
        whole = float(weights.sum())
        mean = float(weights @ x) / whole
        return float(np.log(whole / counts.sum())), mean, float(weights @ x**2) / whole - mean**2

    b = float(optimize.brentq(lambda value: moments(value)[1] - total / n, -50, 50, xtol=1e-13))
    normaliser, _, variance = moments(b)
    lr = 2 * (b * total - n * normaliser)
    return FixedPointModel(b, 1 / float(np.sqrt(n * variance)), lr, float(stats.chi2.sf(lr, 1)))


def mcnemar_exact(a_as_b: int, b_as_a: int) -> float:
    """Two-sided exact p that errors between two categories go both ways equally often."""
    return float(stats.binomtest(a_as_b, a_as_b + b_as_a, 0.5).pvalue) if a_as_b + b_as_a else 1.0


def normalised_information(matrix: np.ndarray) -> float | None:
    """Mutual information over the mean of both entropies; None where both are 0."""
    mean = (entropy(matrix.sum(axis=0)) + entropy(matrix.sum(axis=1))) / 2
    return mutual_information(matrix) / mean if mean > 0 else None


def guess_logit(share: float, guess: float) -> float | None:
    """Intercept without spread: logit of the share above guessing; None at or below guessing and at 1."""
    above = (share - guess) / (1 - guess)
    return float(special.logit(above)) if 0 < above < 1 else None


def ecdf(seconds: np.ndarray, at: float) -> float:
    """Share of times at or below `at`."""
    return float((seconds <= at).mean())
