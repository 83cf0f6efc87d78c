"""Do answers change with position: learning over trials, and images chosen for where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Trend:
    """Correct matches per position with the Cochran-Armitage test of a linear trend (answers count as independent)."""

    position: list[int]
    correct: list[int]
    n: list[int]
    z: float | None
    p_value: float | None
    status: str
    reason: str


@dataclass(frozen=True)
class PositionUse:
    """How often each screen position was chosen, against even use."""

    chosen: list[int]
    chi2: float | None
    df: int | None
    p_value: float | None
    status: str
    reason: str


def cochran_armitage(
    correct: np.ndarray, n: np.ndarray, scores: np.ndarray | None = None
) -> tuple[float, float] | None:
    """(z, two-sided p) of a linear trend in correct / n over ordered groups; None without spread."""
    correct, n = correct.astype(float), n.astype(float)
    scores = np.arange(len(n), dtype=float) if scores is None else scores.astype(float)
    total, share = float(n.sum()), float(correct.sum() / n.sum())
    centred = scores - float((scores * n).sum()) / total
    variance = share * (1 - share) * float((n * centred**2).sum())
    if variance <= 0:
        return None
    z = float((centred * correct).sum()) / float(np.sqrt(variance))
    return z, float(2 * stats.norm.sf(abs(z)))


def trend(position: np.ndarray, hit: np.ndarray) -> Trend:
    """Correct matches by position (R,), e.g. the number of the trial."""
    if not len(position):
        return Trend([], [], [], None, None, "too_small", "No answers yet.")
    places = np.unique(position)
    n = np.array([(position == place).sum() for place in places])
    correct = np.array([hit[position == place].sum() for place in places])
    counts = ([int(p) for p in places], [int(c) for c in correct], [int(v) for v in n])
    if len(places) < 2:
        return Trend(*counts, None, None, "not_applicable", "There is one position only.")
    found = cochran_armitage(correct, n, places)
    if found is None:
        return Trend(*counts, None, None, "degenerate", "All answers are alike, so there is no trend to see.")
    return Trend(*counts, *found, "ok", "")


def position_use(positions: np.ndarray, n_options: int, *, forced: bool) -> PositionUse:
    """Chi-square of chosen positions 1..n_options against even use; where all must be used it is not applicable."""
    chosen = np.bincount(positions.astype(int), minlength=n_options + 1)[1 : n_options + 1]
    counts = [int(c) for c in chosen]
    if forced:
        reason = "One-to-one matching uses every position once."
        return PositionUse(counts, None, None, None, "not_applicable", reason)
    if not chosen.sum() or n_options < 2:
        return PositionUse(counts, None, None, None, "too_small", "No positions were recorded.")
    found = stats.chisquare(chosen)
    return PositionUse(counts, float(found.statistic), n_options - 1, float(found.pvalue), "ok", "")
