"""Resampling participants and clips together: how sure is the share correct beyond these people *and* this music?

An interval over participants speaks of other people hearing the same clips. With several clips per category one can ask
for other clips as well: participants and clips are resampled independently and every answer counts as often as the
product of both says (the pigeonhole bootstrap; slightly conservative). With one clip per category nothing can be said.
"""

from __future__ import annotations

import numpy as np

from analysis.accuracy.totals import Interval

DRAWS = 2_000
SEED = 20_260_107
FEWEST_CLIPS = 8


def crossed_interval(
    hit: np.ndarray, participant: np.ndarray, clip: np.ndarray, *, confidence: float = 0.95, draws: int = DRAWS
) -> Interval:
    """Percentile interval of the share correct over participants and clips; hit (R,) 0/1, indices (R,) from 0."""
    people, clips = int(participant.max(initial=-1)) + 1, int(clip.max(initial=-1)) + 1
    if people < 2 or clips < 2:
        return Interval(None, None, "none", "too_small", "It needs two participants and two clips at least.")
    if hit.min() == hit.max():
        reason = "All answers are alike, so resampling has no width."
        return Interval(None, None, "none", "degenerate", reason)
    shape = (people, clips)
    asked, right = np.zeros(shape), np.zeros(shape)
    np.add.at(asked, (participant, clip), 1.0)
    np.add.at(right, (participant, clip), hit.astype(float))
    rng = np.random.default_rng(SEED)
    shares = np.empty(draws)
    step = max(1, 4_000_000 // (people + clips))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        rows = rng.multinomial(people, np.full(people, 1 / people), size=size).astype(float)
        columns = rng.multinomial(clips, np.full(clips, 1 / clips), size=size).astype(float)
        total = ((rows @ asked) * columns).sum(axis=1)
        hits = ((rows @ right) * columns).sum(axis=1)
        shares[start : start + size] = np.divide(hits, total, out=np.full(size, np.nan), where=total > 0)
    shares = shares[np.isfinite(shares)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(shares, [tail, 1 - tail], method="inverted_cdf")
    few = f"Only {clips} clips: the interval over clips is rough." if clips < FEWEST_CLIPS else ""
    status = "too_small" if few else "ok"
    return Interval(float(low), float(high), "crossed_bootstrap", status, few, float(shares.std(ddof=1)))
