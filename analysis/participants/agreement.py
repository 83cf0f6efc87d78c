"""Do participants agree, right or wrong? Agreement is not accuracy: all may agree on the wrong image.

A confusion matrix is the whole input: its rows are the units (clips), its columns the answers, its cells the number of
participants (raters) who gave that answer.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.intervals import jackknife_variance, t_interval


@dataclass(frozen=True)
class Agreement:
    """Chance-corrected agreement between participants, and accuracy in the same form (Cohen's kappa with the truth).

    Their intervals, over participants, are those of `agreement_intervals`.
    """

    pairwise: float | None
    fleiss: float | None
    krippendorff: float | None
    randolph: float | None
    gwet: float | None
    cohen_truth: float | None
    status: str
    reason: str


def measure_agreement(matrix: np.ndarray, *, units: np.ndarray | None = None) -> Agreement:
    """All coefficients: agreement from `units` (U, k), the confusion matrix itself by default; kappa from `matrix`.

    Give `units` (one row per clip) where categories have several clips. Units with fewer than two answers count for
    none.
    """
    units = matrix if units is None else units
    units = units[units.sum(axis=1) >= 2].astype(float)
    kappa = cohen_kappa(matrix)[0] if matrix.shape[0] == matrix.shape[1] else None
    if not len(units):
        reason = "Agreement needs a clip that two participants answered."
        return Agreement(None, None, None, None, None, kappa, "too_small", reason)
    q = matrix.shape[1]
    observed = pairwise_agreement(units)
    shares = (units / units.sum(axis=1, keepdims=True)).mean(axis=0)
    expected_gwet = float((shares * (1 - shares)).sum()) / (q - 1) if q > 1 else 1.0
    return Agreement(
        pairwise=observed, fleiss=_corrected(observed, float((shares**2).sum())),
        krippendorff=krippendorff_alpha(units), randolph=_corrected(observed, 1 / q),
        gwet=_corrected(observed, expected_gwet), cohen_truth=kappa, status="ok", reason="",
    )  # fmt: skip


def pairwise_agreement(units: np.ndarray) -> float:
    """Mean over units of the share of pairs of participants who gave the same answer."""
    n = units.sum(axis=1)
    return float(((units * (units - 1)).sum(axis=1) / (n * (n - 1))).mean())


def krippendorff_alpha(units: np.ndarray) -> float | None:
    """Krippendorff's alpha for nominal answers: 1 - observed / expected disagreement; None without any variation."""
    n = units.sum(axis=1)
    coincidences = (units.T / (n - 1)) @ units - np.diag((units / (n - 1)[:, None]).sum(axis=0))
    totals = coincidences.sum(axis=0)
    whole = float(totals.sum())
    disagreement = whole - float(np.trace(coincidences))
    expected = (whole**2 - float((totals**2).sum())) / (whole - 1)
    return 1 - disagreement / expected if expected > 0 else None


def cohen_kappa(matrix: np.ndarray, *, confidence: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Cohen's kappa of truth and answer with its asymptotic interval (Fleiss, Cohen and Everitt 1969).

    The interval takes answers as independent, which those of one person are not: it is too narrow, and no report prints
    it.
    """
    n = float(matrix.sum())
    if n == 0:
        return None, None, None
    p = matrix / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1:
        return None, None, None
    kappa = (observed - expected) / (1 - expected)
    diagonal = float((np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    weights = (rows[None, :] + columns[:, None]) ** 2
    off = float((p * weights).sum() - (np.diag(p) * (rows + columns) ** 2).sum()) * (1 - kappa) ** 2
    variance = (diagonal + off - (kappa - expected * (1 - kappa)) ** 2) / ((1 - expected) ** 2 * n)
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * math.sqrt(max(0.0, variance))
    return kappa, max(-1.0, kappa - half), min(1.0, kappa + half)


def _corrected(observed: float, expected: float) -> float | None:
    return (observed - expected) / (1 - expected) if expected < 1 else None


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
    unit: np.ndarray,
    chosen: np.ndarray,
    participant: np.ndarray,
    k: int,
    *,
    heard: np.ndarray | None = None,
    confidence: float = 0.95,
) -> dict[str, AgreementInterval]:
    """Jackknife t interval of every coefficient; unit, chosen and participant are indices of the answers (R,).

    Ends are cut at 1. A coefficient that does not exist, or not without some participant, has no interval.

    Args:
        heard: (R,) index of the category heard, for Cohen's kappa with the truth (`cohen_truth`); none without.
    """
    names = COEFFICIENTS if heard is None else ("cohen_truth", *COEFFICIENTS)
    people = int(participant.max(initial=-1)) + 1
    if not FEWEST_PARTICIPANTS <= people <= MOST_PARTICIPANTS:
        reason = (
            "too few participants" if people < FEWEST_PARTICIPANTS else "too many participants to leave out one by one"
        )
        return {name: AgreementInterval(None, None, None, reason) for name in names}
    units = int(unit.max(initial=-1)) + 1
    truth = np.zeros(len(unit), dtype=np.int64) if heard is None else heard
    order = np.argsort(participant, kind="stable")
    edges = np.searchsorted(participant[order], np.arange(people + 1))
    tables = [
        (_count(unit[rows], chosen[rows], units, k), _count(truth[rows], chosen[rows], k, k))
        for rows in (order[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True))
    ]
    counts, matrix = (np.sum([pair[i] for pair in tables], axis=0) for i in (0, 1))
    found = measure_agreement(matrix, units=counts)
    left_out = [measure_agreement(matrix - own, units=counts - answers) for answers, own in tables]
    return {
        name: _interval(
            getattr(found, name),
            [getattr(one, name) for one in left_out],
            confidence,
            least=0.0 if name == "pairwise" else -1.0,
        )
        for name in names
    }


def _count(row: np.ndarray, column: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.bincount(row * columns + column, minlength=rows * columns).reshape(rows, columns)


def _interval(
    value: float | None, without: list[float | None], confidence: float, *, least: float
) -> AgreementInterval:
    known = [v for v in without if v is not None]
    if value is None:
        return AgreementInterval(None, None, None, "not defined where all must choose alike")
    if len(known) < len(without):
        return AgreementInterval(None, None, None, "not defined without some participant")
    se = math.sqrt(jackknife_variance(np.array(known)))
    if se <= 1e-12:
        return AgreementInterval(0.0, None, None, "the same without any one participant, so no width")
    ends = t_interval(value, se, len(known) - 1, low=least, high=1.0, confidence=confidence)
    return AgreementInterval(se, *ends, "")
