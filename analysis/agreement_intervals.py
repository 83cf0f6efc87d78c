"""How sure are coefficients of agreement over participants? The jackknife: every participant left out once.

Resampling participants would be wrong here: two copies of one participant agree with each other on everything, which
lifts every coefficient. Leaving one out makes no copies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.participants.agreement import agreement

FEWEST_PARTICIPANTS = 3
# Largest number of participants that are left out one by one (about a second).
MOST_PARTICIPANTS = 2_000
COEFFICIENTS = ("pairwise", "fleiss", "krippendorff", "randolph", "gwet")


@dataclass(frozen=True)
class AgreementInterval:
    """Standard error and interval of one coefficient over participants; None where it has none, with the reason."""

    se: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


def agreement_intervals(
    unit: np.ndarray, chosen: np.ndarray, participant: np.ndarray, k: int, *, confidence: float = 0.95
) -> dict[str, AgreementInterval]:
    """Jackknife t interval of every coefficient; unit, chosen and participant are indices of the answers (R,).

    Ends are cut at 1. A coefficient that does not exist, or not without some participant, has no interval.
    """
    people = int(participant.max(initial=-1)) + 1
    if not FEWEST_PARTICIPANTS <= people <= MOST_PARTICIPANTS:
        reason = (
            "too few participants" if people < FEWEST_PARTICIPANTS else "too many participants to leave out one by one"
        )
        return {name: AgreementInterval(None, None, None, reason) for name in COEFFICIENTS}
    units = int(unit.max(initial=-1)) + 1
    flat = unit * k + chosen
    whole = np.bincount(flat, minlength=units * k)
    order = np.argsort(participant, kind="stable")
    edges = np.searchsorted(participant[order], np.arange(people + 1))
    left_out = [
        agreement((whole - np.bincount(flat[order[a:b]], minlength=units * k)).reshape(units, k))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    found = agreement(whole.reshape(units, k))
    return {
        name: _interval(
            getattr(found, name),
            [getattr(one, name) for one in left_out],
            confidence,
            least=0.0 if name == "pairwise" else -1.0,
        )
        for name in COEFFICIENTS
    }


def _interval(
    value: float | None, without: list[float | None], confidence: float, *, least: float
) -> AgreementInterval:
    known = [v for v in without if v is not None]
    if value is None:
        return AgreementInterval(None, None, None, "not defined where all must choose alike")
    if len(known) < len(without):
        return AgreementInterval(None, None, None, "not defined without some participant")
    n = len(known)
    spread = np.array(known)
    se = math.sqrt((n - 1) / n * float(((spread - spread.mean()) ** 2).sum()))
    if se <= 1e-12:
        return AgreementInterval(0.0, None, None, "the same without any one participant, so no width")
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * se
    return AgreementInterval(se, max(least, value - half), min(1.0, value + half), "")
