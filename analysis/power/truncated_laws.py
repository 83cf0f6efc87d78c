"""Laws of sums of many equal boards, kept where they have weight: what a planner asks for in large studies.

The law of thousands of boards is a narrow hill in a long row of zeros. Totals that are less likely than 1e-35 of the
most likely one are cut off; what is lost by that weighs less than 1e-25, far below the rounding of a power. The sums
are direct ones of positive terms, no FFT. p-values of reports come from `analysis.chance`, which cuts nothing off.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

FAINT = 1e-35
# A tail so near to alpha is decided in exact numbers; levels below LEAST_ALPHA as well.
NEAR = 1e-9
LEAST_ALPHA = 1e-15


@dataclass(frozen=True)
class TruncatedLaw:
    """Probabilities of the totals `first`, `first` + 1, ..., shape (totals kept,)."""

    first: int
    pmf: np.ndarray

    def plus(self, other: "TruncatedLaw") -> "TruncatedLaw":
        """Law of the sum of both, independent of each other."""
        pmf = np.convolve(self.pmf, other.pmf)
        kept = np.flatnonzero(pmf > FAINT * pmf.max())
        return TruncatedLaw(self.first + other.first + int(kept[0]), pmf[kept[0] : kept[-1] + 1])

    def sf(self, x: int) -> float:
        """P(total >= x), the smallest terms first."""
        return float(min(1.0, self.pmf[max(0, x - self.first) :][::-1].sum()))

    def critical(self, alpha: float) -> int | None:
        """Smallest total with P(X >= total) <= alpha, one more than the largest when there is none; None: too near."""
        if alpha < LEAST_ALPHA:
            return None
        tails = np.cumsum(self.pmf[::-1])[::-1]
        if (np.abs(tails - alpha) <= NEAR * alpha).any():
            return None
        return self.first + int((tails > alpha).sum())


NOTHING = TruncatedLaw(0, np.ones(1))


def law_of_sum(pmf: np.ndarray, times: int) -> TruncatedLaw:
    """Law of the sum of `times` independent counts with probabilities `pmf` (0, 1, ...), by squaring."""
    part, whole = NOTHING.plus(TruncatedLaw(0, pmf)), NOTHING
    while times:
        if times & 1:
            whole = whole.plus(part)
        times >>= 1
        if times:
            part = part.plus(part)
    return whole


def growing_laws(step: TruncatedLaw) -> Iterator[TruncatedLaw]:
    """Laws of the sum of 1, 2, 3, ... independent `step`."""
    whole = NOTHING
    while True:
        whole = whole.plus(step)
        yield whole
