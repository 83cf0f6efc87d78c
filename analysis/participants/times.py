"""Response times: robust summaries, their distribution, and who is far from the others.

`choice_ms` counts from all media ready to the last assignment of a clip. In one-to-one matching the last clip assigned
has no choice left: it is forced, and left out of these summaries.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

NORMAL_MAD = 1.482602218505602


@dataclass(frozen=True)
class TimeSummary:
    """Seconds; `mad` is the raw median absolute deviation, `mad_normal` scaled to the normal standard deviation."""

    n: int
    median: float
    mean: float
    sd: float | None
    mad: float
    mad_normal: float
    geometric_mean: float | None
    trimmed_mean: float
    q25: float
    q75: float
    log_mean: float | None
    log_sd: float | None


def summarise(seconds: np.ndarray) -> TimeSummary | None:
    """Summary of times in seconds; None without any."""
    values = np.sort(seconds[np.isfinite(seconds)])
    if not len(values):
        return None
    positive = values[0] > 0
    logs = np.log(values) if positive else np.array([])
    q25, median, q75 = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    mad = float(np.median(np.abs(values - median)))
    several = len(values) > 1
    return TimeSummary(
        n=len(values), median=median, mean=float(values.mean()), sd=float(values.std(ddof=1)) if several else None,
        mad=mad, mad_normal=mad / float(stats.norm.ppf(0.75)),
        geometric_mean=float(np.exp(logs.mean())) if positive else None,
        trimmed_mean=float(stats.trim_mean(values, 0.2)), q25=q25, q75=q75,
        log_mean=float(logs.mean()) if positive else None,
        log_sd=float(logs.std(ddof=1)) if positive and several else None,
    )  # fmt: skip


def outliers(seconds: np.ndarray, *, log: bool = True, width: float = 3.0) -> np.ndarray:
    """Which values lie more than `width` scaled MADs from the median (of the logarithms by default); boolean (n,)."""
    values = np.log(seconds) if log else np.asarray(seconds, dtype=float)
    median = np.median(values)
    mad = np.median(np.abs(values - median))
    return np.abs(values - median) > width * NORMAL_MAD * mad if mad > 0 else np.zeros(len(values), dtype=bool)


def ecdf_points(seconds: np.ndarray, *, points: int = 200) -> list[tuple[float, float]]:
    """Steps (time, share at or below) of the distribution, thinned to at most `points`."""
    values = np.sort(seconds[np.isfinite(seconds)])
    if not len(values):
        return []
    shares = np.arange(1, len(values) + 1) / len(values)
    keep = np.unique(np.linspace(0, len(values) - 1, min(points, len(values))).round().astype(int))
    return [(float(values[i]), float(shares[i])) for i in keep]
