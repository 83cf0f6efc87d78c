"""Loudness by EBU R128 (ITU-R BS.1770-4, integrated), measured piece by piece, so that an hour needs no more memory.

Filters and blocks are pyloudnorm's; up to a minute the result is the one that it gives.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

BLOCK_S = 0.4  # of gating
HOP_S = 0.1
PIECE_S = 60
# The filters start from nothing in each piece: so many blocks are heard twice and counted once.
WARM_UP = 5  # hops
OVERLAP_S = (WARM_UP + 3) * HOP_S  # three more hops belong to the last block
ABSOLUTE_LUFS = -70.0
RELATIVE_LU = -10.0
OFFSET = -0.691
# The filters are defined for the frequencies of music; slower recordings are repeated sample by sample.
MIN_RATE = 8_000
MAX_CHANNELS = 5


class LoudnessMeter:
    """Takes in blocks of samples at `rate` Hz; `integrate` gives the loudness of them all."""

    def __init__(self, rate: int) -> None:
        self.repeats = -(-MIN_RATE // rate)
        self.rate = rate * self.repeats
        self.waiting: list[NDArray[np.float64]] = []
        self.frames = 0
        self.is_first = True
        self.powers: list[NDArray[np.float64]] = []

    def add(self, block: NDArray[np.float32]) -> None:
        """Samples (frames, channels). Of more channels than R128 weighs, their mean is heard."""
        exact = block.astype(np.float64)
        if exact.shape[1] > MAX_CHANNELS:
            exact = exact.mean(axis=1, keepdims=True)
        self.waiting.append(np.repeat(exact, self.repeats, axis=0))
        self.frames += len(self.waiting[-1])
        if self.frames >= PIECE_S * self.rate:
            whole = np.concatenate(self.waiting)
            hop = round(HOP_S * self.rate)
            used = len(whole) // hop * hop
            self._measure(whole[:used])
            self.waiting = [whole[used - round(OVERLAP_S / HOP_S) * hop :]]
            self.frames = len(self.waiting[0])
            self.is_first = False

    def integrate(self) -> float | None:
        """LUFS; None where no block is above -70, or there is none at all."""
        if self.waiting and (self.is_first or self.frames > OVERLAP_S * self.rate):
            self._measure(np.concatenate(self.waiting))
            self.waiting = []
        powers = np.concatenate([np.empty(0), *self.powers])
        loud = powers[powers >= _power(ABSOLUTE_LUFS)]
        if not len(loud):
            return None
        gate = loud.mean() * 10 ** (RELATIVE_LU / 10)
        return float(OFFSET + 10 * np.log10(loud[loud > gate].mean()))

    def _measure(self, samples: NDArray[np.float64]) -> None:
        """Add the powers of a piece's blocks."""
        import pyloudnorm

        # What is shorter than a block is one block.
        block = min(BLOCK_S, len(samples) / self.rate)
        meter = pyloudnorm.Meter(self.rate, block_size=block)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            meter.integrated_loudness(samples)
        levels = np.asarray(meter.blockwise_loudness[0 if self.is_first else WARM_UP :], dtype=np.float64)
        self.powers.append(_power(levels))


def _power(level: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean square behind a loudness in LUFS."""
    return np.power(10.0, (np.asarray(level) - OFFSET) / 10)
