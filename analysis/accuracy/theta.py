"""How much participants know, as one number: the share of clips truly known.

Knowledge model (O'Neill 2023, "generalised matching distribution"): every clip is truly known with probability theta,
the others are guessed. One-to-one: the unknown clips are matched at random with the images left over. Free: every
clip is right with probability theta + (1 - theta) / images.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.chance import injection_counts
from analysis.errors import AnalysisError
from analysis.reading import Answers, answers_from

# (clips answered, images) of a board and its number of correct matches -> how often it occurred.
Scores = Mapping[tuple[int, int, int], int]


@dataclass(frozen=True)
class Ability:
    """Share of clips truly known, with its profile-likelihood interval."""

    theta: float | None
    ci_low: float | None
    ci_high: float | None
    log_likelihood: float | None
    log_likelihood_null: float | None
    status: str
    reason: str


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
    if scores is None:
        reason = "Some boards repeat a category or lack an image, which theta does not model."
        return _no_ability("not_applicable", reason)
    if not scores:
        return _no_ability("too_small", "No answers yet.")
    if all(m == 1 for _, m, _ in scores):
        return _no_ability("not_applicable", "With one image everything is right without knowing anything.")
    found = fit_ability(scores, design=answers.design, confidence=confidence)
    if len(set(answers.block_participant.tolist())) < len(answers.block_participant):
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


def _no_ability(status: str, reason: str) -> Ability:
    return Ability(None, None, None, None, None, status, reason)
