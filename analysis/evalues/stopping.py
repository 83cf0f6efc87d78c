"""Studies that stop when the evidence suffices: how many participants that takes, by seeded simulation."""

from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.evalues.evidence import THETAS, board_likelihoods, log_mean
from analysis.evalues.renaming import MOST_DRAWN, all_renamings

DRAWS = 2_000
SEED = 1
# Participants after which a simulated study ends, whatever its evidence.
HORIZON = 2_000
# Different participants that simulated studies are put together from, and how much work goes into them.
MOST_PEOPLE, MOST_COMPARED = 20_000, 60_000_000


@dataclass(frozen=True)
class Stopping:
    """When a study with this many participants at most stops, looking after each of them.

    Attributes
    ----------
    threshold : the e-value that suffices, 1 / alpha
    power : share of studies that reach it by `maximum` participants
    median : participants at which half of the studies without a maximum have reached it; None beyond 2,000
    expected : mean number of participants of a study that ends at the maximum at the latest
    draws : simulated studies
    """

    theta: float
    maximum: int
    threshold: float
    power: float
    median: int | None
    expected: float
    draws: int


def plan_stopping(
    theta: float, *, k: int, images: int, trials: int, design: str, maximum: int, alpha: float, draws: int = DRAWS
) -> Stopping:
    """Simulate studies of people who truly know the share theta of their clips, and guess the others.

    Parameters
    ----------
    theta : in [0, 1]
    k, images, trials : clips and images of a board, boards of a participant
    design : "one_to_one" or "free"
    maximum : participants at most
    alpha : the e-value 1 / alpha suffices

    Raises
    ------
    AnalysisError
        theta or alpha out of bounds.
    """
    if not 0 <= theta <= 1 or not 0 < alpha < 1:
        raise AnalysisError(f"theta ({theta}) and alpha ({alpha}) must lie between 0 and 1.")
    rng = np.random.default_rng(SEED)
    renamings = min(MOST_DRAWN, len(all_renamings((tuple(range(k)),), k)) if k <= 7 else MOST_DRAWN)
    people = max(200, min(MOST_PEOPLE, MOST_COMPARED // (renamings * trials * k)))
    picks = draw_picks(theta, rng, people=people, trials=trials, k=k, images=images, design=design)
    evidence = log_evidence_of_picks(picks, images=images, design=design, rng=rng)
    stops = simulate_stops(evidence, np.log(1 / alpha), rng, draws=draws)
    reached = stops <= maximum
    median = int(np.sort(stops)[(draws - 1) // 2])
    return Stopping(
        theta=theta, maximum=maximum, threshold=1 / alpha, power=float(reached.mean()),
        median=median if median <= HORIZON else None, expected=float(np.minimum(stops, maximum).mean()), draws=draws,
    )  # fmt: skip


def draw_picks(
    theta: float, rng: np.random.Generator, *, people: int, trials: int, k: int, images: int, design: str
) -> np.ndarray:
    """Images that simulated people choose for clips 0..k - 1, (people, trials, k); image i is that of clip i."""
    shape = (people, trials, k)
    known, own = rng.random(shape) < theta, np.broadcast_to(np.arange(k), shape)
    if design == "free":
        return np.where(known, own, rng.integers(0, images, shape))
    # Images in random order, those of known clips last; the unknown clips take the first of them.
    taken = np.zeros((people, trials, images), dtype=bool)
    taken[..., :k] = known
    order = np.argsort(np.where(taken, 2.0, rng.random(taken.shape)), axis=-1)
    rank = np.cumsum(~known, axis=-1) - 1
    return np.where(known, own, np.take_along_axis(order, np.maximum(rank, 0), axis=-1))


def log_evidence_of_picks(picks: np.ndarray, *, images: int, design: str, rng: np.random.Generator) -> np.ndarray:
    """`log_evidence` of many participants with complete plain boards at once, (people, 20); picks as `draw_picks`."""
    people, trials, k = picks.shape
    if k <= 7:
        renamed = all_renamings((tuple(range(k)),), k)
    else:
        renamed = np.tile(np.arange(k, dtype=np.int16), (MOST_DRAWN, 1))
        renamed[1:] = rng.permuted(renamed[1:], axis=1)
    weights = board_likelihoods(k, images, design=design)
    found = np.empty((people, len(THETAS)))
    step = max(1, 4_000_000 // (len(renamed) * max(len(THETAS), trials * k)))
    for start in range(0, people, step):
        chosen = picks[start : start + step]
        # (people, renamings, trials) hits, then how many boards have 0..k of them: all that the likelihood needs.
        hits = (renamed[None, :, None] == chosen[:, None]).sum(axis=-1)
        boards = np.stack([(hits == x).sum(axis=-1) for x in range(k + 1)], axis=-1)
        logs = np.moveaxis(boards @ weights.T, 1, -1)
        found[start : start + step] = logs[..., 0] - log_mean(logs, np.full(len(renamed), 1 / len(renamed)))
    return found


def simulate_stops(evidence: np.ndarray, enough: float, rng: np.random.Generator, *, draws: int) -> np.ndarray:
    """Participants at which each simulated study reaches the log e-value `enough`, (draws,); HORIZON + 1: never.

    evidence: of the people that studies are put together from, (people, 20).
    """
    stops = np.full(draws, HORIZON + 1)
    running, sums = np.arange(draws), np.zeros((draws, evidence.shape[1]))
    even = np.full(evidence.shape[1], 1 / evidence.shape[1])
    for n in range(1, HORIZON + 1):
        sums += evidence[rng.integers(0, len(evidence), len(running))]
        done = log_mean(sums, even) >= enough
        stops[running[done]] = n
        running, sums = running[~done], sums[~done]
        if not len(running):
            break
    return stops
