"""Logistic model with a random intercept per participant, by maximum likelihood on Gauss-Hermite nodes.

P(right) = guess + (1 - guess) * logistic(intercept + sigma * z), z standard normal per participant. With guess = 0 it
is the ordinary random-intercept logit; with guess = 1 / images it keeps guessing out of the intercept.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analysis.errors import AnalysisError


@dataclass(frozen=True)
class RandomIntercept:
    """Fit of the model; `share` is the marginal share correct it implies."""

    intercept: float | None
    sigma: float | None
    log_likelihood: float | None
    share: float | None
    guess: float
    status: str
    reason: str


def random_intercept(hits: np.ndarray, answered: np.ndarray, *, guess: float = 0.0, nodes: int = 80) -> RandomIntercept:
    """Fit hits out of answered per participant, shape (P,) each."""
    if not 0 <= guess < 1:
        raise AnalysisError(f"The guess rate must lie in [0, 1), not {guess}.")
    kept = answered > 0
    hits, answered = hits[kept].astype(float), answered[kept].astype(float)
    if len(hits) < 2:
        return RandomIntercept(None, None, None, None, guess, "too_small", "Fewer than two participants.")
    if hits.sum() == answered.sum() or hits.sum() <= guess * answered.sum() * (guess > 0) or hits.sum() == 0:
        reason = "Everything is right, or no more than guessing explains, so the intercept is infinite."
        return RandomIntercept(None, None, None, None, guess, "degenerate", reason)
    points, weights = _nodes(nodes)

    (x, n), times = np.unique(np.stack([hits, answered]), axis=1, return_counts=True)

    def negative(parameters: np.ndarray) -> float:
        parts = log_likelihoods(parameters[0], parameters[1], x, n, guess=guess, points=points, weights=weights)
        return -float(parts @ times)

    share = (hits.sum() / answered.sum() - guess) / (1 - guess)
    start = float(special.logit(min(max(share, 0.02), 0.98)))
    fits = [
        optimize.minimize(
            negative, np.array([start * 1.3, sigma]), method="Nelder-Mead", bounds=[(-15, 15), (0, 15)],
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2_000},
        )
        for sigma in (0.3, 2.0)
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.fun))
    intercept, sigma = (float(value) for value in best.x)
    mean = float(weights @ (guess + (1 - guess) * special.expit(intercept + sigma * points)))
    status, reason = "ok", ""
    if sigma > 14.9 or abs(intercept) > 14.9:
        status, reason = "degenerate", "The fit runs to the edge of what it may be; read it as 'very large'."
    return RandomIntercept(intercept, sigma, -float(best.fun), mean, guess, status, reason)


def log_likelihoods(
    intercept: float,
    sigma: float,
    hits: np.ndarray,
    answered: np.ndarray,
    *,
    guess: float,
    points: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Marginal log-likelihood of each participant (P,); the order of answers is as given (no binomial factor)."""
    eta = intercept + sigma * points
    if guess == 0:
        log_right, log_wrong = special.log_expit(eta), special.log_expit(-eta)
    else:
        right = guess + (1 - guess) * special.expit(eta)
        log_right, log_wrong = np.log(right), np.log1p(-guess) + special.log_expit(-eta)
    inside = hits[:, None] * log_right + (answered - hits)[:, None] * log_wrong
    top = inside.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(inside - top) @ weights)


def _nodes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the standard normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(n)
    return points, weights / weights.sum()
