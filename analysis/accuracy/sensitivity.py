"""Sensitivity d': how far apart right and wrong images lie for an observer with equal-variance normal evidence.

One clip with m images is the m-alternative task. One-to-one matching is another task: the observer picks the assignment
with the largest summed evidence and so gets more right at the same d'; the m-alternative formula overstates d' there.
"""

from functools import lru_cache
from itertools import permutations
from math import exp, pi, sqrt

import numpy as np
from scipy import integrate, optimize, stats
from scipy.optimize import linear_sum_assignment
from scipy.special import ndtr

from analysis.errors import AnalysisError

# Quasi-random points by number of clips. Up to six clips the sums of all k! assignments are kept for each; beyond it
# the best assignment is searched anew.
POINTS = {2: 2**17, 3: 2**17, 4: 2**17, 5: 2**15, 6: 2**13}
POINTS |= dict.fromkeys(range(7, 19), 2**12)
MOST_LISTED = 6


def alternatives_share(d: float, m: int) -> float:
    """Share correct of an ideal observer who picks one of m images: integral of phi(z - d) Phi(z)^(m - 1)."""
    value, _ = integrate.quad(
        lambda z: exp(-((z - d) ** 2) / 2) / sqrt(2 * pi) * ndtr(z) ** (m - 1),
        -10,
        10 + max(0.0, d),
        epsabs=1e-13,
        epsrel=1e-12,
    )
    return float(value)


@lru_cache(maxsize=4096)
def alternatives_d_prime(share: float, m: int) -> float:
    """d' at which an ideal observer picks the right of m images in this share of trials, 0 < share < 1."""
    if not 0 < share < 1:
        raise AnalysisError("d' is infinite at 0 and 1; use (hits + 0.5) / (n + 1).")
    return float(optimize.brentq(lambda d: alternatives_share(d, m) - share, -10, 10, xtol=1e-13))


def matching_share(d: float, k: int) -> float:
    """Share correct of an ideal observer who matches k clips and images one to one (quasi-random integration)."""
    if k not in POINTS:
        raise AnalysisError(f"One-to-one d' is worked out for {min(POINTS)} to {max(POINTS)} clips.")
    if k > MOST_LISTED:
        return _searched_share(d, k)
    noise, hits = _evidence(k)
    best = (noise + d * hits[None, :]).argmax(axis=1)
    return float(hits[best].mean()) / k


def _searched_share(d: float, k: int) -> float:
    own = d * np.eye(k)
    found = sum(
        int((linear_sum_assignment(table + own, maximize=True)[1] == np.arange(k)).sum()) for table in _noise(k)
    )
    return found / (k * POINTS[k])


@lru_cache(maxsize=4096)  # arms and participants often share a number of hits
def matching_d_prime(share: float, k: int) -> float:
    """d' of the ideal one-to-one matcher with this share correct, to about .01 (.02 from seven clips on)."""
    if not 1 / k < share < 1:
        raise AnalysisError("d' of one-to-one matching is defined above chance and below 1.")
    return float(optimize.brentq(lambda d: matching_share(d, k) - share, 0, 8, xtol=1e-4 if k <= MOST_LISTED else 1e-3))


@lru_cache(maxsize=4)
def _evidence(k: int) -> tuple[np.ndarray, np.ndarray]:
    """Summed noise of every permutation (points, k!) and its number of correct matches (k!,)."""
    table = _noise(k)
    ways = list(permutations(range(k)))
    noise = np.stack([table[:, np.arange(k), list(way)].sum(axis=1) for way in ways], axis=1).astype(np.float32)
    return noise, np.array([sum(i == j for i, j in enumerate(way)) for way in ways], dtype=float)


@lru_cache(maxsize=2)
def _noise(k: int) -> np.ndarray:
    """Standard normal evidence for every clip and image, (points, k, k)."""
    points = stats.qmc.Sobol(k * k, rng=np.random.default_rng(20_260_105)).random(POINTS[k])
    return np.asarray(stats.norm.ppf(np.clip(points, 1e-12, 1 - 1e-12)).reshape(-1, k, k))
