"""Do answers change with position: learning over trials, and images chosen for where they stand.

The Cochran-Armitage test takes every answer as independent. Answers of one participant are not: between people of
unequal skill and unequal length of stay it calls far too many trends. The report's test therefore permutes what one
participant (or one board) gave over its positions, which holds its size whatever people can do.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.confusion import compare_use
from analysis.permutation import count_draws, drawn_words, seeded_p

SEED = 20_260_109


@dataclass(frozen=True)
class Trend:
    """Correct matches per position with a two-sided test of a linear trend, and what the test takes as independent."""

    position: list[int]
    correct: list[int]
    n: list[int]
    z: float | None
    p_value: float | None
    method: str
    status: str
    reason: str


@dataclass(frozen=True)
class PositionUse:
    """How often each screen position was chosen, against even use (`analysis.confusion.even_use`)."""

    chosen: list[int]
    chi2: float | None
    df: int | None
    p_value: float | None
    method: str
    status: str
    reason: str


def cochran_armitage(
    correct: np.ndarray, n: np.ndarray, scores: np.ndarray | None = None
) -> tuple[float, float] | None:
    """(z, two-sided p) of a linear trend in correct / n over ordered groups; None without spread."""
    correct, n = correct.astype(float), n.astype(float)
    scores = np.arange(len(n), dtype=float) if scores is None else scores.astype(float)
    total, share = float(n.sum()), float(correct.sum() / n.sum())
    centred = scores - float((scores * n).sum()) / total
    variance = share * (1 - share) * float((n * centred**2).sum())
    if variance <= 0:
        return None
    z = float((centred * correct).sum()) / float(np.sqrt(variance))
    return z, float(2 * stats.norm.sf(abs(z)))


def trend(position: np.ndarray, hit: np.ndarray, owner: np.ndarray | None = None) -> Trend:
    """Correct matches by position (R,), e.g. the number of the trial.

    Args:
        hit: (R,) 0 or 1.
        owner: (R,) code of the participant (for trials) or board (for places on it) that each answer belongs to. Sums
            of an owner's positions are permuted among these positions; without owners answers count as independent.
    """
    if not len(position):
        return Trend([], [], [], None, None, "none", "too_small", "No positions were recorded.")
    places = np.unique(position)
    n = np.array([(position == place).sum() for place in places])
    correct = np.array([hit[position == place].sum() for place in places])
    counts = ([int(p) for p in places], [int(c) for c in correct], [int(v) for v in n])
    if len(places) < 2:
        return Trend(*counts, None, None, "none", "not_applicable", "There is one position only.")
    if owner is None:
        method = "Cochran-Armitage, answers as independent"
        found = cochran_armitage(correct, n, places)
    else:
        moved = permuted_trend(position, hit, owner)
        found = moved and moved[:2]
        method = drawn_words("seeded permutation within participants or boards", moved[2] if moved else 0)
    if found is None:
        return Trend(*counts, None, None, "none", "degenerate", "All answers are alike, so there is no trend to see.")
    return Trend(*counts, *found, method, "ok", "")


def permuted_trend(position: np.ndarray, hit: np.ndarray, owner: np.ndarray) -> tuple[float, float, int] | None:
    """(z, two-sided p, draws) of sum of position x hits when each owner's sums are permuted over the owner's positions.

    z takes mean and standard deviation over all permutations, exactly; p is (1 + hits) / (1 + draws) over seeded ones.
    None where no owner has different sums at different positions.
    """
    tables = _by_number_of_positions(position, hit, owner)
    observed = sum(float((weights * sums).sum()) for weights, sums in tables)
    variance = sum(
        float(((weights**2).sum(axis=1) * (sums**2).sum(axis=1)).sum()) / (sums.shape[1] - 1)
        for weights, sums in tables
    )
    if not tables:
        return None

    def is_extreme(rng: np.random.Generator, draws: int) -> np.ndarray:
        drawn = np.zeros(draws)
        for weights, sums in tables:
            shuffled = rng.permuted(np.broadcast_to(sums, (draws, *sums.shape)), axis=2)
            drawn += np.einsum("ij,dij->d", weights, shuffled)
        return np.abs(drawn) >= abs(observed) - 1e-9

    values = sum(sums.size for _, sums in tables)
    p_value = seeded_p(is_extreme, values=values, seed=SEED)
    return observed / float(np.sqrt(variance)), float(p_value), count_draws(values)


def _by_number_of_positions(
    position: np.ndarray, hit: np.ndarray, owner: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Centred positions and centred hits (owners, positions) of the owners with 2, 3, ... positions.

    Where an owner's positions hold unequal numbers of answers, hits are taken less the owner's share of them.
    """
    cells, cell = np.unique(np.stack([owner, position]), axis=1, return_inverse=True)
    asked = np.bincount(cell.ravel()).astype(float)
    right = np.bincount(cell.ravel(), weights=hit).astype(float)
    _, code, size = np.unique(cells[0], return_inverse=True, return_counts=True)
    share = np.bincount(code, weights=right) / np.bincount(code, weights=asked)
    surplus = right - asked * share[code]
    found = []
    for length in np.unique(size[size > 1]).tolist():
        chosen = size[code] == length
        weights = cells[1][chosen].reshape(-1, length).astype(float)
        sums = surplus[chosen].reshape(-1, length)
        # Owners with the same sum everywhere add nothing, however it is permuted.
        moving = np.ptp(sums, axis=1) > 1e-9
        weights, sums = weights[moving], sums[moving]
        if len(sums):
            found.append((weights - weights.mean(axis=1, keepdims=True), sums - sums.mean(axis=1, keepdims=True)))
    return found


def position_use(
    positions: np.ndarray, n_options: int, *, forced: bool, participant: np.ndarray | None = None
) -> PositionUse:
    """Chosen positions 1..n_options against even use; where all must be used it is not applicable.

    Args:
        participant: (R,) code of who chose each position; every answer is its own without.
    """
    chosen = np.bincount(positions.astype(int), minlength=n_options + 1)[1 : n_options + 1]
    counts = [int(c) for c in chosen]
    if forced:
        reason = "One-to-one matching uses every position once."
        return PositionUse(counts, None, None, None, "none", "not_applicable", reason)
    if not chosen.sum() or n_options < 2:
        return PositionUse(counts, None, None, None, "none", "too_small", "No positions were recorded.")
    owner = np.arange(len(positions)) if participant is None else np.unique(participant, return_inverse=True)[1]
    table = np.zeros((int(owner.max()) + 1, n_options), dtype=np.int64)
    np.add.at(table, (owner, positions.astype(int) - 1), 1)
    chi2, p_value, method = compare_use(table)
    return PositionUse(counts, chi2, n_options - 1, p_value, method, "ok", "")
