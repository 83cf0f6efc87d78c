"""The score of eq. 5, 6 and 8 and the record that carries it with its uncertainty and its options."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scipy import special

from analysis.errors import MetricError
from analysis.similarity.rows import Floats

Denominator = Literal["paper", "unbiased"]
ROUNDING = 1e-12


class ScoreRangeError(MetricError):
    """The mean advantage left [-1, 1], where arccos is not defined; `x` holds it."""

    def __init__(self, message: str, x: float) -> None:
        super().__init__(message)
        self.x = x


@dataclass(frozen=True)
class Score:
    """One similarity score.

    x         mean advantage, a difference of mean cosines
    score     100 * (1 - arccos(x) / pi)
    se        standard error of x; None when fewer than two independent units stand behind it
    ci_low, ci_high   95 % interval of the score: t interval of x, its ends mapped to the score
    n         images averaged
    n_units   independent units (recordings where they are given, else clips) behind the standard error
    null      mean of x when nothing is to be found (matching or labels at random); `null_score` is its score
    options   every convention that went into the number
    status    ok, too_small or not_applicable, with `reason` in words; a value that does not exist is None
    """

    x: float | None
    score: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    n_units: int
    null: float | None
    options: Mapping[str, Any]
    status: str = "ok"
    reason: str = ""
    per_item: Floats | None = field(default=None, repr=False, compare=False)

    @property
    def null_score(self) -> float | None:
        return None if self.null is None else to_score(self.null)

    @property
    def se_score(self) -> float | None:
        """Standard error in score points, by the slope of the map at x."""
        if self.se is None or self.x is None or abs(self.x) >= 1.0:
            return None
        return 100.0 / (math.pi * math.sqrt(1.0 - self.x**2)) * self.se

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the per-item values are left out."""
        shown = ("x", "score", "se", "se_score", "ci_low", "ci_high", "n", "n_units", "null", "null_score", "options")
        return {name: getattr(self, name) for name in (*shown, "status", "reason")} | {"options": dict(self.options)}


def to_score(x: float) -> float:
    """100 * (1 - arccos(x) / pi).

    Raises:
        ScoreRangeError: x lies outside [-1, 1] by more than rounding; it is never clipped silently.
    """
    if not abs(x) <= 1.0 + ROUNDING:
        raise ScoreRangeError(f"mean advantage {x:.6g} lies outside [-1, 1], where the score is not defined", x)
    return 100.0 * (1.0 - math.acos(min(1.0, max(-1.0, x))) / math.pi)


def to_advantage(score: float) -> float:
    """The x that gives this score; inverse of `to_score`."""
    return math.sin(math.pi * (score - 50.0) / 100.0)


def number_of_terms(denominator: Denominator, n_items: int) -> int:
    """What a sum over the other n_items - 1 items is divided by."""
    if denominator not in ("paper", "unbiased"):
        raise MetricError(f'denominator: expected "paper" or "unbiased", got {denominator!r}')
    return n_items if denominator == "paper" else n_items - 1


def cluster_se(influence: Floats) -> float | None:
    """Standard error of a sum of independent centred contributions, one per unit."""
    units = len(influence)
    if units < 2:
        return None
    return math.sqrt(units / (units - 1) * float(influence @ influence))


def no_score(n: int, n_units: int, options: Mapping[str, Any], reason: str, status: str = "too_small") -> Score:
    """A score that does not exist, and why."""
    return Score(None, None, None, None, None, n, n_units, None, options, status, reason)


def make_score(
    x: float,
    se: float | None,
    n: int,
    n_units: int,
    null: float | None,
    options: Mapping[str, Any],
    confidence: float,
    per_item: Floats | None = None,
    missing_se: str = "one clip only: no standard error",
    strict: bool = True,
    degrees: int | None = None,
) -> Score:
    """Put a score together; without a standard error its status is too_small, for the reason given.

    `degrees` of freedom of the standard error are those of n_units independent units unless they are given.

    An x outside the scale raises, or with strict=False gives a score of status degenerate that keeps x.
    """
    try:
        score = to_score(x)
    except ScoreRangeError as error:
        if strict:
            raise
        return Score(x, None, se, None, None, n, n_units, null, options, "degenerate", str(error), per_item)
    if se is None:
        return Score(x, score, None, None, None, n, n_units, null, options, "too_small", missing_se, per_item)
    half = float(special.stdtrit(n_units - 1 if degrees is None else degrees, 0.5 + confidence / 2)) * se
    # The ends of an interval stop where the scale stops; x itself is never clipped.
    low, high = (to_score(min(1.0, max(-1.0, end))) for end in (x - half, x + half))
    full = {**options, "confidence": confidence}
    return Score(x, score, se, low, high, n, n_units, null, full, per_item=per_item)
