"""How much participants know, as one number: the share of clips truly known.

Knowledge model (O'Neill 2023, "generalised matching distribution"): every clip is truly known with probability theta,
the others are guessed. One-to-one: the unknown clips are matched at random with the images left over. Free: every
clip is right with probability theta + (1 - theta) / images.

People differ, so no single theta is true of them. What a report gives is the *level*: the theta at which everybody
alike would have the share that was observed. It is a reading of the share on another scale, and so is its interval,
that of the share over participants. The maximum-likelihood theta of `ability` takes everybody to have the same theta:
its profile interval covers 69 to 88 % where people differ (three boards), and serves where they do not, as in plans.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.accuracy.resampling import Interval
from analysis.chance import injection_counts
from analysis.errors import AnalysisError
from analysis.reading import Answers, answers_from

# (clips answered, images) of a board and its number of correct matches -> how often it occurred.
Scores = Mapping[tuple[int, int, int], int]


@dataclass(frozen=True)
class Ability:
    """Share of clips truly known if everybody knows the same share, with its profile-likelihood interval."""

    theta: float | None
    ci_low: float | None
    ci_high: float | None
    log_likelihood: float | None
    log_likelihood_null: float | None
    status: str
    reason: str


@dataclass(frozen=True)
class Level:
    """Theta at which everybody alike would have the observed share, with the interval read off that of the share."""

    theta: float | None
    ci_low: float | None
    ci_high: float | None
    status: str
    reason: str


def level(responses: pd.DataFrame | Answers, interval: Interval) -> Level:
    """The theta whose expected share is the observed one; `interval` is that of the share, over participants.

    A share below what guessing gives is read as 0.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`
    interval : of the share correct (`analysis.accuracy.share_interval`)

    Returns
    -------
    Level : theta and its ends from 0 to 1; None with status and reason where theta does not exist.
    """
    answers = answers_from(responses)
    scores = board_scores(answers)
    if obstacle := _obstacle(scores):
        return Level(None, None, None, *obstacle)
    boards: Counter[tuple[int, int]] = Counter()
    for (n, m, _), times in (scores or {}).items():
        boards[n, m] += times

    def theta_at(share: float | None) -> float | None:
        return None if share is None else theta_of_share(share, boards, design=answers.design)

    theta = theta_at(answers.total_correct / answers.n_answers)
    below = "The share lies below what guessing gives, so theta is 0." if theta == 0 else ""
    return Level(theta, theta_at(interval.low), theta_at(interval.high), interval.status, below or interval.reason)


def theta_of_share(share: float, boards: Mapping[tuple[int, int], int], *, design: str) -> float:
    """Theta at which this share of the clips of `boards` is expected right; 0 below the share of guessing.

    boards: how many boards have (clips answered, images).
    """

    def surplus(theta: float) -> float:
        return expected_share(theta, boards, design=design) - share

    if surplus(0.0) >= 0:
        return 0.0
    return 1.0 if surplus(1.0) <= 0 else float(optimize.brentq(surplus, 0.0, 1.0, xtol=1e-12))


def expected_share(theta: float, boards: Mapping[tuple[int, int], int], *, design: str) -> float:
    """Expected share correct of the clips of `boards` when each is known with probability theta."""
    right = sum(times * float(_expected_hits(n, m, design) @ _binomial(n, theta)) for (n, m), times in boards.items())
    return right / sum(n * times for (n, _), times in boards.items())


def _expected_hits(n: int, m: int, design: str) -> np.ndarray:
    """Expected matches when j = 0..n clips are known: the others meet m images, or the m - j that are left over."""
    known = np.arange(n + 1)
    return known + (n - known) / (np.full(n + 1, m) if design == "free" else np.maximum(m - known, 1))


def ability_pmf(theta: float, n: int, m: int, *, design: str = "one_to_one") -> np.ndarray:
    """P(x clips correct), x = 0..n, on a board of n clips and m images when each clip is known with prob. theta."""
    if not 0 <= theta <= 1:
        raise AnalysisError(f"theta is a share between 0 and 1, not {theta}.")
    if design == "free":
        return _binomial(n, theta + (1 - theta) / m)
    return _binomial(n, theta) @ _guesses(n, m)


def ability(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> Ability:
    """Maximum-likelihood theta over all blocks, with the profile-likelihood interval.

    Where everything is right theta is 1 and the interval one-sided: its lower end has the stated confidence.
    Blocks count as independent; `reason` says so where participants answered several.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Ability : theta from 0 to 1, natural log-likelihoods; None with status and reason where theta does not exist.

    Raises
    ------
    ResponsesError
        the frame does not hold what it must.

    References
    ----------
    O'Neill (2023), generalised matching distribution.
    """
    answers = answers_from(responses)
    scores = board_scores(answers)
    if obstacle := _obstacle(scores):
        return _no_ability(*obstacle)
    found = fit_ability(scores or {}, design=answers.design, confidence=confidence)
    if answers.has_several_boards:
        several = "Several blocks per participant count as independent; the interval may be too narrow."
        return replace(found, reason=f"{found.reason} {several}".strip())
    return found


def fit_ability(scores: Scores, *, design: str, confidence: float = 0.95) -> Ability:
    """`ability` from counted board scores."""

    def log_likelihood(theta: float) -> float:
        return ability_log_likelihood(theta, scores, design=design)

    total, correct = sum(n * t for (n, _, _), t in scores.items()), sum(x * t for (_, _, x), t in scores.items())
    null = log_likelihood(0.0)
    if correct == total:
        drop = float(stats.chi2.ppf(2 * confidence - 1, 1)) / 2
        low = float(optimize.brentq(lambda t: log_likelihood(t) + drop, 0.0, 1.0)) if null < -drop else 0.0
        reason = "Everything is right, so theta is 1; the interval is one-sided."
        return Ability(1.0, low, 1.0, 0.0, null, "degenerate", reason)
    best = optimize.minimize_scalar(
        lambda t: -log_likelihood(t), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12}
    )
    theta, top = float(best.x), -float(best.fun)
    if null >= top - 1e-12:
        theta, top = 0.0, null
    drop = float(stats.chi2.ppf(confidence, 1)) / 2

    def depth(t: float) -> float:
        return log_likelihood(t) - top + drop

    low = float(optimize.brentq(depth, 0.0, theta, xtol=1e-13)) if theta > 0 and depth(0.0) < 0 else 0.0
    high = float(optimize.brentq(depth, theta, 1 - 1e-12, xtol=1e-13)) if depth(1 - 1e-12) < 0 else 1.0
    return Ability(theta, low, high, top, null, "ok", "")


def ability_log_likelihood(theta: float, scores: Scores, *, design: str) -> float:
    """Log-likelihood of counted board scores; -inf where theta makes them impossible."""
    total = 0.0
    for (n, m, x), times in scores.items():
        p = ability_pmf(theta, n, m, design=design)[x]
        if p <= 0:
            return -np.inf
        total += times * float(np.log(p))
    return total


def board_scores(answers: Answers) -> Counter[tuple[int, int, int]] | None:
    """Boards by (clips answered, images, correct); None when a board is not plain."""
    if not all(board.plain for board in answers.boards):
        return None
    hits = np.bincount(answers.block[answers.hit], minlength=answers.n_blocks)
    answered = np.bincount(answers.block[answers.answered], minlength=answers.n_blocks)
    scores: Counter[tuple[int, int, int]] = Counter()
    for b in np.flatnonzero(answered).tolist():
        scores[(int(answered[b]), int(answers.n_options[b]), int(hits[b]))] += 1
    return scores


@lru_cache(maxsize=256)
def _guesses(n: int, m: int) -> np.ndarray:
    """Row j: law of the total correct when j clips are known and the rest is guessed, shape (n + 1, n + 1)."""
    table = np.zeros((n + 1, n + 1))
    for known in range(n + 1):
        counts = injection_counts(n - known, m - known)
        whole = sum(counts)
        table[known, known:] = [c / whole for c in counts]
    return table


def _binomial(n: int, p: float) -> np.ndarray:
    return np.array([comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)])


def _obstacle(scores: Scores | None) -> tuple[str, str] | None:
    """Status and reason where theta does not exist."""
    if scores is None:
        return "not_applicable", "Some boards repeat a category or lack an image, which theta does not model."
    if not scores:
        return "too_small", "No answers yet."
    if all(m == 1 for _, m, _ in scores):
        return "not_applicable", "With one image everything is right without knowing anything."
    return None


def _no_ability(status: str, reason: str) -> Ability:
    return Ability(None, None, None, None, None, status, reason)
