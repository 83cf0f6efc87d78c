"""Two sets of images against the same reference artworks: is one nearer? Frechet and kernel distances compared.

Conventions
    Both sets have equally many images, as a distance depends on how many there are; no image is drawn twice.
    `exchange` gives which of the pooled rows the first set holds; it always holds half of them.
    Intervals leave out groups of recordings, of both sets together, and groups of references.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose

import numpy as np

from analysis.distribution.estimates import MOST_GROUPS, Ints
from analysis.distribution.frechet import frechet_distance
from analysis.distribution.kernels import kid
from analysis.distribution.rows import Floats
from analysis.intervals import jackknife_variance, t_interval

# Products of rows up to which a distance is computed anew for so many exchanges.
EXCHANGES = ((2_000, 499), (40_000, 199), (400_000, 99))
Distance = Callable[[Floats, Floats], float]
ROUNDING = 1e-10
DISTANCES: dict[str, Distance] = {"frechet": frechet_distance, "kernel": kid}


@dataclass(frozen=True)
class DistanceDifference:
    """Distance of the first set less that of the second, with interval and the differences after exchanges."""

    values: tuple[float, float]
    difference: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    drawn: Floats


def exchanges_for(n: int, n_references: int) -> int:
    """Exchanges that bounded work allows; 0 where none."""
    return next((draws for limit, draws in EXCHANGES if n * n_references <= limit), 0)


def compare_distances(
    name: str,
    rows: Floats,
    references: Floats,
    first: np.ndarray,
    units: Ints,
    reference_units: Ints,
    exchanges: np.ndarray,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> DistanceDifference:
    """Compare two sets by one of DISTANCES.

    Args:
        rows: (2 n, d) features of both sets; first: (2 n,) which are of the first; units: (2 n,) their recordings.
        references: (R, d), and reference_units (R,).
        exchanges: (m, 2 n) which rows the first set holds.
    """
    distance = DISTANCES[name]

    def both(held: np.ndarray, kept: np.ndarray, real: Floats) -> tuple[float, float]:
        return distance(rows[held & kept], real), distance(rows[~held & kept], real)

    everything = np.ones(len(rows), dtype=bool)
    values = both(first, everything, references)
    drawn = np.array([_less(a, b) for a, b in (both(held, everything, references) for held in exchanges)])
    rng, variance, degrees = np.random.default_rng(seed), 0.0, float("inf")
    for codes, of_images in ((units, True), (reference_units, False)):
        dealt = _groups(codes, rng)
        count = int(dealt.max()) + 1
        left = []
        for group in range(count):
            kept = dealt != group
            halves = min((first & kept).sum(), (~first & kept).sum()) if of_images else kept.sum()
            if halves < 2:
                return DistanceDifference(values, _less(*values), None, None, None, drawn)
            a, b = both(first, kept, references) if of_images else both(first, everything, references[kept])
            left.append(_less(a, b))
        if count < 2:
            return DistanceDifference(values, _less(*values), None, None, None, drawn)
        variance += jackknife_variance(np.array(left))
        degrees = min(degrees, count - 1)
    difference, se = _less(*values), float(np.sqrt(variance))
    low, high = t_interval(difference, se, degrees, confidence=confidence)
    return DistanceDifference(values, difference, se, low, high, drawn)


def _less(a: float, b: float) -> float:
    """a less b; 0 where they differ by rounding alone, as of the same images in another order."""
    return 0.0 if isclose(a, b, rel_tol=ROUNDING) else a - b


def _groups(codes: Ints, rng: np.random.Generator) -> Ints:
    """At most MOST_GROUPS groups of whole units."""
    n_units = int(codes.max()) + 1
    return np.asarray((rng.permutation(n_units) % min(MOST_GROUPS, n_units))[codes])
