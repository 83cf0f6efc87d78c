"""Intervals over people who differ in skill: the share, theta as its level, Cohen's kappa; and pairs told apart.

Skills are Beta(.6, .6), Beta(2, 2) and Beta(1, 3); unknown clips are guessed one to one. An interval of complete boards
depends on the participants' scores alone, so every set of scores is worked out once.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from analysis.accuracy import discriminations, fit_ability, level, participant_interval, share_interval
from analysis.participants import agreement_intervals
from benchmarks.simulations.people import K, as_answers, chosen, hits_of, true_share
from benchmarks.simulations.row import Row, rate_row

SKILLS = ((0.6, 0.6), (2.0, 2.0), (1.0, 3.0))
BOARDS = (1, 3, 5)
PEOPLE = (2, 5, 8, 11, 12, 30, 100)
FEW = 12
# From this many participants on the percentile bootstrap and the profile interval are measured to warn of.
WARNED = (2, 6, 12, 30)


def rows(draws: int) -> Iterator[Row]:
    for a, b in SKILLS:
        mean, sd = a / (a + b), float(stats.beta(a, b).std())
        for boards in BOARDS:
            for people in PEOPLE:
                rng = np.random.default_rng([people, boards, int(10 * a)])
                studies = [chosen(people, boards, rng, mean=mean, sd=sd) for _ in range(draws)]
                setting = _setting(people, boards, a, b)
                share = true_share(mean, sd)
                truth = _level_of(share)
                for what, ends, aim in (
                    ("share, t over participants", _share, share),
                    ("theta as level", _theta, truth),
                ):
                    yield _row(what, setting, _covered(studies, ends, aim), people)
        yield from _warnings(draws, a, b)
        yield from _kappa(draws // 4, a, b)
    yield from _told_apart(draws)


def _setting(people: int, boards: int, a: float, b: float) -> str:
    words = f"N = {people}, {boards} board{'s' * (boards > 1)}, theta Beta({a:g}, {b:g})"
    return words.replace("0.", ".")


def _row(what: str, setting: str, inside: np.ndarray, people: int, *, warn: bool = False) -> Row:
    """93-97 % from 12 participants on, 91-98 % from 5 on, within two standard errors; fewer are shown only."""
    found, se = float(inside.mean()), (0.95 * 0.05 / len(inside)) ** 0.5
    if warn or people < 5:
        return Row(
            "coverage", what, setting, 0.95, found, se, "shown to warn" if warn else "measured, with a warning", True
        )
    low, high = (0.93, 0.97) if people >= FEW else (0.91, 0.98)
    kept = low - 2 * se <= found <= high + 2 * se
    return Row("coverage", what, setting, 0.95, found, se, f"{100 * low:.0f}-{100 * high:.0f} %, 2 SE", kept)


Ends = Callable[[np.ndarray], tuple[float, float]]


def _covered(studies: list[np.ndarray], ends: Ends, truth: float) -> np.ndarray:
    """Whether each study's interval holds the truth."""
    known: dict[bytes, bool] = {}
    inside = []
    for picks in studies:
        key = np.sort(hits_of(picks)).tobytes()
        if key not in known:
            low, high = ends(picks)
            known[key] = low - 1e-9 <= truth <= high + 1e-9
        inside.append(known[key])
    return np.array(inside)


def _asked(picks: np.ndarray) -> np.ndarray:
    return np.full(len(picks), picks.shape[1] * K)


def _share(picks: np.ndarray) -> tuple[float, float]:
    found = share_interval(hits_of(picks), _asked(picks))
    return found.low or 0.0, found.high or 0.0


def _bootstrap(picks: np.ndarray) -> tuple[float, float]:
    found = participant_interval(hits_of(picks), _asked(picks))
    return found.low or 0.0, found.high or 0.0


def _theta(picks: np.ndarray) -> tuple[float, float]:
    found = level(as_answers(picks), share_interval(hits_of(picks), _asked(picks)))
    return found.ci_low or 0.0, found.ci_high or 0.0


def _profile(picks: np.ndarray) -> tuple[float, float]:
    """Maximum likelihood that takes everybody to have the same theta."""
    scores = (picks == np.arange(K)).sum(axis=2).ravel()
    counts = {(K, K, int(x)): int(n) for x, n in zip(*np.unique(scores, return_counts=True), strict=True)}
    found = fit_ability(counts, design="one_to_one")
    return found.ci_low or 0.0, found.ci_high or 0.0


def _level_of(share: float) -> float:
    """Theta with this expected share, by bisection of (k theta + 1 - theta^k) / k."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (K * middle + 1 - middle**K) / K < share else (low, middle)
    return low


def _warnings(draws: int, a: float, b: float) -> Iterator[Row]:
    """What reports no longer print: resampled participants, and the profile interval of a theta for all."""
    mean, sd = a / (a + b), float(stats.beta(a, b).std())
    share = true_share(mean, sd)
    for people in WARNED:
        rng = np.random.default_rng([people, 1, int(10 * b)])
        studies = [chosen(people, 3, rng, mean=mean, sd=sd) for _ in range(draws // 4)]
        setting = _setting(people, 3, a, b)
        yield _row("share, participants resampled", setting, _covered(studies, _bootstrap, share), people, warn=True)
        # The profile depends on the scores of boards, so no two studies are alike.
        inside = np.array([low <= _level_of(share) <= high for low, high in map(_profile, studies)])
        yield _row("theta, profile (same theta for all)", setting, inside, people, warn=True)


def _kappa(draws: int, a: float, b: float) -> Iterator[Row]:
    """Free answers, so that kappa is not the share on another scale; truth: mean of many answers."""
    people, boards = 30, 3
    rng = np.random.default_rng([int(10 * a), int(10 * b)])
    truth = a / (a + b)  # everybody guesses evenly, so kappa is the mean theta
    heard = np.tile(np.arange(K), people * boards)
    owner = np.repeat(np.arange(people), boards * K)
    inside = []
    for _ in range(draws):
        theta = np.repeat(rng.beta(a, b, people), boards * K)
        picks = np.where(rng.random(len(heard)) < theta, heard, rng.integers(0, K, len(heard)))
        found = agreement_intervals(heard, picks, owner, K, heard=heard)["cohen_truth"]
        inside.append(found.ci_low is not None and found.ci_high is not None and found.ci_low <= truth <= found.ci_high)
    setting = _setting(people, boards, a, b) + ", free"
    yield _row("Cohen's kappa, participants left out", setting, np.array(inside), people)


def _told_apart(draws: int) -> Iterator[Row]:
    """Everybody knows two of four categories and has a lasting idea of their own which of the others is which."""
    people, boards = 12, 5
    rng = np.random.default_rng(7)
    p_values = []
    for _ in range(draws // 4):
        swapped = rng.random(people) < 0.5
        picks = np.broadcast_to(np.arange(K), (people, boards, K)).copy()
        picks[swapped, :, 1], picks[swapped, :, 2] = 2, 1
        found = next(pair for pair in discriminations(as_answers(picks)) if (pair.a, pair.b) == ("B", "C"))
        p_values.append(1.0 if found.p_two_sided is None else found.p_two_sided)
    setting = f"N = {people}, {boards} boards, mappings of their own"
    yield rate_row("size", "pair told apart, names exchanged in participants", setting, 0.05, p_values, headline=True)
