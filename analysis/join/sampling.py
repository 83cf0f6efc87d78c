"""Standard errors over people and pictures, both taken as drawn from many.

Conventions
    A picture is a clip with all its images. Answers are about boards, and a board holds several pictures: leaving out a
    picture leaves out every board with it (delete-one jackknife; Tukey 1958), inside the categories where each picture
    stands on boards of its own. Pictures that always stand together are left out together: nothing tells them apart.
    People: leaving out one participant at a time. What people add over boards taken as independent is added to the
    variance over pictures, which holds the noise of single boards already (at times more than once: the error is
    rather too large than too small).
    Degrees of freedom: those of the smaller sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.intervals import t_interval
from analysis.join.boards import ShownBoard
from analysis.reading import Embeddings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FEWEST_PICTURES = 12


@dataclass(frozen=True)
class Sample:
    """Who answered each board, and which pictures stood on it.

    person            (n,) participant of each board
    board, group      (m,) twice: board and group of pictures, one row for each group on a board
    strata            (G,) category of each group; all 0 where a group holds pictures of several categories
    n_pictures        different pictures on the boards
    """

    person: Ints
    board: Ints
    group: Ints
    strata: Ints
    n_people: int
    n_pictures: int

    @property
    def reason(self) -> str:
        """Why there is no interval; empty where there is one."""
        if self.n_people < 2:
            return "an interval needs at least two participants"
        if self.n_pictures < FEWEST_PICTURES:
            return f"{self.n_pictures} pictures: an interval that holds for other pictures needs {FEWEST_PICTURES}"
        if self.degrees < 1:
            return "the boards show all pictures together, so nothing tells how much other pictures would change"
        return ""

    @property
    def degrees(self) -> int:
        return min(self.n_people - 1, len(self.strata) - len(np.unique(self.strata)))


def sample_of(boards: Sequence[ShownBoard], embeddings: Embeddings) -> Sample:
    """The people and pictures of these boards."""
    _, person = np.unique([board.participant for board in boards], return_inverse=True)
    clips = [np.unique([*board.clips, *embeddings.partner[list(board.images)]]) for board in boards]
    board = np.repeat(np.arange(len(boards)), [len(own) for own in clips])
    units, unit = np.unique(np.concatenate([*clips, np.zeros(0, np.int64)]).astype(np.int64), return_inverse=True)
    order = np.argsort(unit, kind="stable")
    ends = np.searchsorted(unit[order], np.arange(len(units) + 1))
    places = [board[order[a:b]].tobytes() for a, b in zip(ends[:-1], ends[1:], strict=True)]
    _, group = np.unique(np.array(places, dtype=object), return_inverse=True)
    _, label = np.unique(embeddings.audio_labels[units], return_inverse=True)
    rows = np.unique(np.column_stack([board, group[unit]]), axis=0)
    alone = len(np.unique(group)) == len(units)
    strata = label[np.argsort(group)] if alone else np.zeros(len(np.unique(group)), dtype=np.int64)
    return Sample(person, rows[:, 0], rows[:, 1], strata, len(np.unique(person)), len(units))


def standard_error(sample: Sample, scores: Floats, weights: Floats) -> float:
    """Error of sum(scores) / sum(weights) = 0 at the estimate, e.g. scores = weights * (value - mean).

    Args:
        scores, weights: (n,) of each board; the scores sum to zero. Of a coefficient: score and information.
    """
    total = float(weights.sum())
    people = _jackknife(_left_out(sample.person, scores, weights, total))
    boards = _jackknife(_left_out(np.arange(len(scores)), scores, weights, total))
    groups = _left_out(sample.group, scores[sample.board], weights[sample.board], total)
    n = np.bincount(sample.strata)
    means = np.bincount(sample.strata, weights=groups) / np.maximum(n, 1)
    pictures = float((((n - 1) / np.maximum(n, 1))[sample.strata] * (groups - means[sample.strata]) ** 2).sum())
    return float(np.sqrt(max(people, pictures + max(0.0, people - boards))))


def _jackknife(moves: Floats) -> float:
    return (len(moves) - 1) / len(moves) * float(((moves - moves.mean()) ** 2).sum())


def sums_by(places: Ints, values: Floats, n: int) -> Floats:
    """Sum of the values at each place of 0..n-1, (n,)."""
    return np.bincount(places, weights=values, minlength=n).astype(np.float64)


def _left_out(units: Ints, scores: Floats, weights: Floats, total: float) -> Floats:
    """How far the estimate moves without each unit, to first order."""
    rest = total - np.bincount(units, weights=weights)
    return np.asarray(-np.bincount(units, weights=scores) / np.where(rest > 1e-9 * total, rest, np.inf))


def interval_over_both(
    sample: Sample, value: float, scores: Floats, weights: Floats, *, low: float = -np.inf, high: float = np.inf
) -> dict[str, Any]:
    """`se`, `ci_low`, `ci_high` over people and pictures and `interval_reason`, empty where there is an interval."""
    if sample.reason:
        return {"se": None, "ci_low": None, "ci_high": None, "interval_reason": sample.reason}
    se = standard_error(sample, scores, weights)
    ends = t_interval(value, se, sample.degrees, low=low, high=high)
    return {"se": se, "ci_low": ends[0], "ci_high": ends[1], "interval_reason": ""}
