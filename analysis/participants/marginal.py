"""Marginal models of answers: generalised estimating equations, and arms adjusted for order."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import special, stats
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

# A fitted logit so far out stands for an infinite one: some answers are all right, or all wrong, whatever their number.
INFINITE_LOGIT = 15.0
# From this share of participants on that meet the arms in the same order, practice looks like a difference of arms.
CONFOUNDED = 0.8


@dataclass(frozen=True)
class Gee:
    """Marginal logistic model with exchangeable correlation, one cluster per participant."""

    params: list[float]
    se: list[float]
    correlation: float | None
    share_low: float | None
    share_high: float | None
    covariance: str
    status: str
    reason: str


def gee(
    hit: np.ndarray,
    participant: np.ndarray,
    design: np.ndarray | None = None,
    *,
    few: int = 40,
    confidence: float = 0.95,
) -> Gee:
    """GEE of 0/1 answers (R,) in clusters `participant` (R,); `design` (R, p) defaults to an intercept.

    Below `few` clusters the bias-reduced covariance (Mancl and DeRouen) is used, else the robust sandwich.
    """
    design = np.ones((len(hit), 1)) if design is None else design
    clusters = len(set(participant.tolist()))
    if hit.min() == hit.max():
        return Gee([], [], None, None, None, "none", "degenerate", "All answers are alike, so the logit is infinite.")
    if clusters < 2:
        return Gee([], [], None, None, None, "none", "too_small", "One participant shows no spread.")
    covariance = "bias_reduced" if clusters < few else "robust"
    if clusters < few and _leans_on_one(participant, design):
        reason = "One participant decides a coefficient alone."
        return Gee([], [], None, None, None, covariance, "degenerate", reason)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = GEE(hit.astype(float), design, groups=participant, family=Binomial(), cov_struct=Exchangeable())
            fit = model.fit(maxiter=200, cov_type=covariance)
            se = fit.standard_errors(cov_type=covariance)
        found = bool(np.isfinite(fit.params).all() and np.isfinite(se).all())
        found = found and float(np.abs(design @ fit.params).max()) < INFINITE_LOGIT
    except np.linalg.LinAlgError:
        found = False
    if not found:
        reason = "The model does not converge on these answers."
        return Gee([], [], None, None, None, covariance, "degenerate", reason)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    low, high = (float(special.expit(fit.params[0] + sign * z * se[0])) for sign in (-1, 1))
    params, errors = [float(p) for p in fit.params], [float(s) for s in se]
    return Gee(params, errors, float(fit.cov_struct.dep_params), low, high, covariance, "ok", "")


@dataclass(frozen=True)
class OrderAdjusted:
    """Log odds ratio of one arm against the other with the number of the trial held constant."""

    log_odds_ratio: float
    se: float
    p_value: float
    covariance: str


@dataclass(frozen=True)
class OrderOfArms:
    """How many of n participants met all of one arm before any of the other; confounded: (nearly) all the same way."""

    a_first: int
    b_first: int
    n: int
    confounded: bool


def order_of_arms(first: np.ndarray, trial: np.ndarray, participant: np.ndarray) -> OrderOfArms:
    """Who met which arm first; `first` (R,) 1 for arm a, else 0, numbers of trials (R,), participants (R,)."""
    a_first = b_first = n = 0
    for person in np.unique(participant):
        a, b = (trial[(participant == person) & (first == value)] for value in (1, 0))
        if len(a) and len(b):
            n += 1
            a_first += int(a.max() < b.min())
            b_first += int(b.max() < a.min())
    return OrderOfArms(a_first, b_first, n, n >= 2 and max(a_first, b_first) >= CONFOUNDED * n)


def _leans_on_one(participant: np.ndarray, design: np.ndarray) -> bool:
    """Whether some coefficient cannot be told without one of the participants.

    Then that participant has leverage 1, and the bias-reduced covariance divides by 1 - leverage: by zero, or by
    whatever rounding on this processor makes of it.
    """
    rank = np.linalg.matrix_rank(design)
    return any(np.linalg.matrix_rank(design[participant != person]) < rank for person in np.unique(participant))


def adjusted_for_order(
    hit: np.ndarray, first: np.ndarray, trial: np.ndarray, participant: np.ndarray
) -> OrderAdjusted | None:
    """GEE of 0/1 answers (R,) on arm (`first`, 0/1) and number of the trial; None where it cannot be told apart.

    p: t with participants - 3 degrees of freedom, for three coefficients are fitted.
    """
    design = np.column_stack([np.ones(len(hit)), first, trial - trial.mean()]).astype(float)
    people = len(set(participant.tolist()))
    if len(set(trial.tolist())) < 2 or people < 4 or np.linalg.matrix_rank(design) < 3:
        return None
    fit = gee(hit, participant, design)
    if fit.status != "ok":
        return None
    p_value = float(2 * stats.t.sf(abs(fit.params[1] / fit.se[1]), people - 3))
    return OrderAdjusted(fit.params[1], fit.se[1], p_value, fit.covariance)
