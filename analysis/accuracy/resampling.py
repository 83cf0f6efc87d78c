"""Bootstrap and t intervals over participants."""

from dataclasses import dataclass

import numpy as np

from analysis.chance import convolve
from analysis.intervals import jackknife_variance, proportion_interval, t_interval

DRAWS = 2_000

SEED = 20_260_107

FEWEST_CLIPS = 8


@dataclass(frozen=True)
class Interval:
    """A two-sided interval and how it was found; ends are None where none exists, with the reason in words."""

    low: float | None
    high: float | None
    method: str
    status: str
    reason: str
    se: float | None = None


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


def share_interval(
    hits: np.ndarray, answered: np.ndarray, *, what: str = "share of correct matches", confidence: float = 0.95
) -> Interval:
    """Student's t interval of sum(hits) / sum(answered) over participants, cut at 0 and 1; arguments (P,).

    The standard error leaves participants out one by one; with equally many answers each it is sd / sqrt(P) of their
    shares. Where everybody has the same share there is no spread to go by: then the interval is Clopper-Pearson over
    participants, and says so.

    what: the share in words, for the reason that is given where there is no spread.
    """
    kept = answered > 0
    hits, answered = hits[kept].astype(np.int64), answered[kept].astype(np.int64)
    n = len(hits)
    if n == 0:
        return Interval(None, None, "none", "too_small", "No answers yet, so there is no interval.")
    if (hits * answered[0] == hits[0] * answered).all():
        return _interval_without_spread(hits, answered, what=what, confidence=confidence)
    left_out = (hits.sum() - hits) / (answered.sum() - answered)
    se = float(np.sqrt(jackknife_variance(left_out)))
    low, high = t_interval(float(hits.sum() / answered.sum()), se, n - 1, low=0.0, high=1.0, confidence=confidence)
    return Interval(low, high, "t_participants", "ok", "", se)


BOOTSTRAP_DRAWS = 20_000

BOOTSTRAP_SEED = 20_260_101

# Longest exact convolution of participants' scores; beyond it resamples are drawn, as far tails slow it down.
EXACT_BOOTSTRAP_LENGTH = 8_000


def participant_interval(hits: np.ndarray, answered: np.ndarray, *, confidence: float = 0.95) -> Interval:
    """Percentile interval of sum(hits) / sum(answered) when participants (rows, shape (P,)) are resampled.

    Below some 30 participants it is too narrow (it covers 86 % with 6), so reports take `share_interval`.

    With equally many answers each, the bootstrap distribution is the P-fold convolution of the observed scores and its
    percentiles are exact. Otherwise 20,000 resamples are drawn from a fixed seed. When everybody has the same share of
    correct matches the bootstrap has no width; then a Clopper-Pearson interval over participants is given.
    """
    kept = answered > 0
    hits, answered = hits[kept].astype(np.int64), answered[kept].astype(np.int64)
    n = len(hits)
    if n == 0:
        return Interval(None, None, "none", "too_small", "No answers yet, so there is no interval.")
    if (hits * answered[0] == hits[0] * answered).all():
        return _interval_without_spread(hits, answered, what="share of correct matches", confidence=confidence)
    tail = (1 - confidence) / 2
    if (answered == answered[0]).all() and n * int(hits.max()) <= EXACT_BOOTSTRAP_LENGTH:
        law = convolve([(np.bincount(hits).tolist(), n)])
        low, high = (quantile(law.pmf, q) / (n * int(answered[0])) for q in (tail, 1 - tail))
        return Interval(low, high, "participant_bootstrap_exact", "ok", "", law.var**0.5 / (n * int(answered[0])))
    shares = resampled_shares(hits, answered)
    low, high = np.quantile(shares, [tail, 1 - tail], method="inverted_cdf")
    return Interval(float(low), float(high), "participant_bootstrap", "ok", "", float(shares.std(ddof=1)))


def resampled_shares(hits: np.ndarray, answered: np.ndarray, *, draws: int = BOOTSTRAP_DRAWS) -> np.ndarray:
    """Share correct in `draws` resamples of the participants, from a fixed seed; shape (draws,)."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    n = len(hits)
    shares = np.empty(draws)
    step = max(1, 4_000_000 // n)
    for start in range(0, draws, step):
        picks = rng.integers(0, n, size=(min(step, draws - start), n))
        shares[start : start + len(picks)] = hits[picks].sum(axis=1) / answered[picks].sum(axis=1)
    return shares


def quantile(pmf: np.ndarray, q: float) -> int:
    """Smallest value whose cumulated probability reaches q."""
    return int(np.searchsorted(np.cumsum(pmf), q - 1e-12))


def _interval_without_spread(hits: np.ndarray, answered: np.ndarray, *, what: str, confidence: float) -> Interval:
    """Everybody has share s: at least L of all participants would (Clopper-Pearson n of n), the rest lies in 0..1."""
    n, share = len(hits), float(hits[0] / answered[0])
    floor = proportion_interval(n, n, method="clopper_pearson", confidence=confidence)[0]
    method = "clopper_pearson_participants"
    low, high = floor * share, 1 - floor * (1 - share)
    if n == 1:
        return Interval(
            low, high, method, "too_small",
            "There is one participant, so nothing is known about how participants differ.", None,
        )  # fmt: skip
    return Interval(
        low, high, method, "degenerate",
        f"All {n} participants have the same {what}, so their spread says nothing; the interval is "
        f"Clopper-Pearson over participants.", 0.0,
    )  # fmt: skip
