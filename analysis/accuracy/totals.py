"""How many matches were right, against the exact law of random matching.

Overall: the total over all blocks has the law of `analysis.chance`; its interval resamples *participants*, because one
participant's answers hang together. Per category: one participant's hits in one category are independent between
participants, so the count is exactly binomial when everybody answers one clip of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.chance import convolve
from analysis.intervals import cohen_h, guess_corrected, holm, proportion_interval
from analysis.reading.answers import Answers, answers_from

BOOTSTRAP_DRAWS = 20_000
BOOTSTRAP_SEED = 20_260_101
# Longest exact convolution of participants' scores; beyond it resamples are drawn, as far tails slow it down.
EXACT_BOOTSTRAP_LENGTH = 8_000


@dataclass(frozen=True)
class Interval:
    """A two-sided interval and how it was found; ends are None where none exists, with the reason in words."""

    low: float | None
    high: float | None
    method: str
    status: str
    reason: str
    se: float | None = None


@dataclass(frozen=True)
class Overall:
    """All matches of an arm together."""

    correct: int
    total: int
    rate: float | None
    expected: float | None
    null_sd: float | None
    max_total: int
    p_value: float | None
    mid_p: float | None
    p_two_sided: float | None
    guess_corrected: float | None
    interval: Interval
    test: str
    status: str
    reason: str


@dataclass(frozen=True)
class CategoryAccuracy:
    """Matches of the clips of one category."""

    category: str
    correct: int
    n: int
    n_effective: float | None
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    ci_clopper_pearson: tuple[float, float] | None
    ci_jeffreys: tuple[float, float] | None
    chance: float | None
    p_value: float | None
    p_holm: float | None
    guess_corrected: float | None
    cohen_h: float | None
    status: str
    reason: str


def overall(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> Overall:
    """Total correct with its exact one-sided p-value and an interval over participants."""
    answers = answers_from(responses)
    test = "exact matching test" if answers.design == "one_to_one" else "exact binomial test"
    interval = participant_interval(answers.hits_by_participant, answers.answers_by_participant, confidence=confidence)
    if answers.n_answers == 0:
        nothing = "No answers yet, so there is nothing to test."
        return Overall(
            correct=0, total=0, rate=None, expected=None, null_sd=None, max_total=0, p_value=None, mid_p=None,
            p_two_sided=None, guess_corrected=None, interval=interval, test=test, status="too_small", reason=nothing,
        )  # fmt: skip
    law = answers.null_law
    correct, total = answers.total_correct, answers.n_answers
    chance = law.mean / total
    certain = law.var == 0
    return Overall(
        correct=correct,
        total=total,
        rate=correct / total,
        expected=law.mean,
        null_sd=law.var**0.5,
        max_total=law.n,
        p_value=None if certain else law.sf(correct),
        mid_p=None if certain else law.mid_p(correct),
        p_two_sided=None if certain else law.two_sided(correct),
        guess_corrected=None if certain else guess_corrected(correct / total, chance),
        interval=interval,
        test=test,
        status="not_applicable" if certain else interval.status,
        reason="Every possible answer is equally right, so chance and skill cannot be told apart."
        if certain
        else interval.reason,
    )


def per_category(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> list[CategoryAccuracy]:
    """Every category in order: interval, exact one-sided p-value, Holm's correction over the categories.

    The interval is Wilson's. Where participants answered several clips of a category it takes the effective number of
    answers, n over the design effect of participants, in place of n.
    """
    answers = answers_from(responses)
    hits, asked = answers.hits_by_category, answers.answers_by_category
    laws = [answers.category_law(c) for c in range(len(answers.categories))]
    raw = {c: law.sf(int(hits[:, c].sum())) for c, law in enumerate(laws) if law.var > 0}
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    rows = []
    for c, name in enumerate(answers.categories):
        if not asked[:, c].any():
            rows.append(_empty_category(name))
        else:
            row = _category(
                name, hits[:, c], asked[:, c], chance=laws[c].mean / asked[:, c].sum(), confidence=confidence
            )
            rows.append(replace(row, p_value=raw.get(c), p_holm=adjusted.get(c)) if c in raw else _certain(row))
    return rows


def _category(name: str, hits: np.ndarray, asked: np.ndarray, *, chance: float, confidence: float) -> CategoryAccuracy:
    correct, n = int(hits.sum()), int(asked.sum())
    effective = effective_number(hits, asked)
    method = "wilson" if effective == n else "wilson_effective_n"
    low, high = proportion_interval(correct / n * effective, effective, confidence=confidence)
    exact = proportion_interval(correct, n, method="clopper_pearson", confidence=confidence)
    jeffreys = proportion_interval(correct, n, method="jeffreys", confidence=confidence)
    reason = f"Participants answered several clips; the interval counts {effective:.1f} of {n} answers as independent."
    return CategoryAccuracy(
        category=name,
        correct=correct,
        n=n,
        n_effective=effective,
        rate=correct / n,
        ci_low=low,
        ci_high=high,
        ci_method=method,
        ci_clopper_pearson=exact,
        ci_jeffreys=jeffreys,
        chance=chance,
        p_value=None,
        p_holm=None,
        guess_corrected=guess_corrected(correct / n, chance) if chance < 1 else None,
        cohen_h=cohen_h(correct / n, min(1.0, chance)),
        status="ok",
        reason=reason if method == "wilson_effective_n" else "",
    )


def _certain(row: CategoryAccuracy) -> CategoryAccuracy:
    return replace(row, status="not_applicable", reason="Every possible answer is right, so there is nothing to test.")


def effective_number(hits: np.ndarray, asked: np.ndarray) -> float:
    """Answers divided by their design effect, between the number of participants and the number of answers.

    hits, asked: per participant, shape (P,). The design effect is the variance of the share between participants over
    the binomial one. With everything right or wrong it cannot be seen; then every participant counts once.
    """
    kept = asked > 0
    hits, asked = hits[kept].astype(float), asked[kept].astype(float)
    people, n = len(hits), float(asked.sum())
    if people == n:
        return n
    share = float(hits.sum()) / n
    if people < 2 or share in (0.0, 1.0):
        return float(people)
    between = people / (people - 1) * float(((hits - share * asked) ** 2).sum()) / n**2
    return float(min(n, max(people, share * (1 - share) / between if between > 0 else n)))


def participant_interval(hits: np.ndarray, answered: np.ndarray, *, confidence: float = 0.95) -> Interval:
    """Percentile interval of sum(hits) / sum(answered) when participants (rows, shape (P,)) are resampled.

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
        return _interval_without_spread(hits, answered, confidence=confidence)
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


def _interval_without_spread(hits: np.ndarray, answered: np.ndarray, *, confidence: float) -> Interval:
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
        f"All {n} participants have the same share of correct matches, so resampling them has no width; the interval "
        f"is Clopper-Pearson over participants.", 0.0,
    )  # fmt: skip


def _empty_category(name: str) -> CategoryAccuracy:
    return CategoryAccuracy(
        category=name, correct=0, n=0, n_effective=None, rate=None, ci_low=None, ci_high=None, ci_method="none",
        ci_clopper_pearson=None, ci_jeffreys=None, chance=None, p_value=None, p_holm=None, guess_corrected=None,
        cohen_h=None, status="too_small", reason="No clip of this category was answered.",
    )  # fmt: skip
