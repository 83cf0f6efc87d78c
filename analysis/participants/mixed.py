"""Logistic model with a random intercept per participant, by maximum likelihood.

P(right) = guess + (1 - guess) * logistic(intercept + sigma * z), z standard normal per participant. With guess = 0 it
is the ordinary random-intercept logit; with guess = 1 / images it keeps guessing out of the intercept.

Without guessing a person's likelihood has one top and z is integrated out by adaptive Gauss-Hermite quadrature around
it, with 25 nodes as in lme4's `nAGQ = 25`: fixed nodes step over the narrow likelihood of a person with many answers.
With guessing there may be two tops; there z runs over an even grid whose step follows the narrowest likelihood that
occurs, and the trapezoidal rule is as good as exact on integrands so smooth.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt

import numpy as np
from scipy import optimize, special

from analysis.errors import AnalysisError

NODES = 25
# Search for the top: halvings of what is left, then Newton's steps.
HALVINGS = 20
NEWTON = 3
# The grid ends where the standard normal is below 1e-15 of its top; half a standard deviation of the narrowest
# likelihood is one step, which errs by less than 1e-8; beyond the most points steps get wider.
REACH = 8.5
STEPS_PER_SD = 2
MOST_POINTS = 4_000


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


def random_intercept(hits: np.ndarray, answered: np.ndarray, *, guess: float = 0.0) -> RandomIntercept:
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
    (x, n), times = np.unique(np.stack([hits, answered]), axis=1, return_counts=True)
    most = float(n.max())

    def negative(parameters: np.ndarray) -> float:
        return -float(log_likelihoods(parameters[0], parameters[1], x, n, guess=guess) @ times)

    share = (hits.sum() / answered.sum() - guess) / (1 - guess)
    start = float(special.logit(min(max(share, 0.02), 0.98)))
    fits = [
        optimize.minimize(
            negative, np.array([start * 1.3, sigma]), method="Nelder-Mead", bounds=[(-15, 15), (0, 15)],
            options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 2_000},
        )
        for sigma in (0.3, 2.0)
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.fun))
    intercept, sigma = (float(value) for value in best.x)
    points, weights = normal_grid(sigma, most)
    mean = float(weights @ (guess + (1 - guess) * special.expit(intercept + sigma * points)))
    status, reason = "ok", ""
    if sigma > 14.9 or abs(intercept) > 14.9:
        status, reason = "degenerate", "The fit runs to the edge of what it may be; read it as 'very large'."
    return RandomIntercept(intercept, sigma, -float(best.fun), mean, guess, status, reason)


def log_likelihoods(
    intercept: float, sigma: float, hits: np.ndarray, answered: np.ndarray, *, guess: float
) -> np.ndarray:
    """Marginal log-likelihood of each participant (P,); the order of answers is as given (no binomial factor)."""
    if guess == 0:
        return _around_the_top(intercept, sigma, hits, answered)
    points, weights = normal_grid(sigma, float(answered.max()))
    eta = intercept + sigma * points
    right = guess + (1 - guess) * special.expit(eta)
    log_right, log_wrong = np.log(right), np.log1p(-guess) + special.log_expit(-eta)
    inside = hits[:, None] * log_right + (answered - hits)[:, None] * log_wrong
    return np.asarray(special.logsumexp(inside, axis=1, b=weights))


def _around_the_top(intercept: float, sigma: float, hits: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Adaptive Gauss-Hermite quadrature of the ordinary logit (Liu and Pierce 1994), (P,)."""
    low, high = -sigma * (answered + 1), sigma * (answered + 1)
    for _ in range(HALVINGS):  # the slope of the logarithm falls in z and changes sign once
        z = (low + high) / 2
        rising = sigma * (hits - answered * special.expit(intercept + sigma * z)) > z
        low, high = np.where(rising, z, low), np.where(rising, high, z)
    for _ in range(NEWTON):
        share = special.expit(intercept + sigma * z)
        z = z + (sigma * (hits - answered * share) - z) / (1 + answered * sigma**2 * share * (1 - share))
    share = special.expit(intercept + sigma * z)
    width = 1 / np.sqrt(1 + answered * sigma**2 * share * (1 - share))
    nodes, weights = _gauss_hermite()
    points = z[:, None] + width[:, None] * nodes
    eta = intercept + sigma * points
    inside = hits[:, None] * special.log_expit(eta) + (answered - hits)[:, None] * special.log_expit(-eta)
    inside += (nodes**2 - points**2) / 2
    return np.asarray(special.logsumexp(inside, axis=1, b=weights) + np.log(width))


@cache
def _gauss_hermite() -> tuple[np.ndarray, np.ndarray]:
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return points, weights / weights.sum()


def normal_grid(sigma: float, answered: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of the standard normal for so many answers, whose likelihood has an sd of z from here on."""
    narrowest = 1 / sqrt(1 + sigma**2 * answered / 4)
    n = min(MOST_POINTS, ceil(2 * REACH * STEPS_PER_SD / narrowest) + 1)
    points = np.linspace(-REACH, REACH, n)
    weights = np.exp(-(points**2) / 2)
    return points, weights / weights.sum()
