"""Does the space know something of what people choose, and something beyond both being right?

Conventions
    People's choices stay as they are; the similarity of clips and pictures is exchanged among them. Pictures are the
    sample: how many people chose says nothing of other pictures.
    "nothing": images are permuted over all categories. A space that only knows which picture belongs to which clip, or
    to which category, is found by it wherever people know that, too.
    "beyond": every clip moves with its own images, inside its category, rows and columns of the similarity together
    (as in QAP; Krackhardt 1988). What both know of categories and of own images stays, so only the rest can be found.
    Images moved alone would break the tie of a clip to its own image: false alarms in most studies.
    Statistic: the score of the conditional logit at beta = 0, sum over pairs of (chosen - expected) * similarity; the
    temperature is not fitted again in each permutation. Expected is an even choice of the board's images ("nothing",
    the sum divided by the root of the squared sums of clips, for pairs are shown unequally often), or the share in
    which pairs of the same categories, own or not, are chosen ("beyond").
    p: one-sided, P(null >= observed): exact over all permutations where there are at most 10,000, else
    (1 + hits) / (1 + draws) over seeded ones.
    Correlation: of residual shares and residual similarity over pairs, weighted by how often they were shown.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.join.pairs import Pairs, cosines
from analysis.permutation import count_draws, seeded_p
from analysis.reading import Embeddings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FEWEST_PER_CATEGORY = 3
MOST_EXACT = 10_000
SEED = 20_260_108
ROUNDING = 1e-9


@dataclass(frozen=True)
class NullTest:
    """One null of people's choices and a space.

    correlation      what the statistic measures, on a scale from -1 to 1
    p_value          one-sided; least_p: the smallest that could have come out
    n_permutations   of all (exact) or drawn (monte_carlo)
    n_pictures       clips or images that change places
    """

    correlation: float | None
    p_value: float | None
    least_p: float | None
    method: str
    n_permutations: int
    n_pairs: int
    n_pictures: int
    status: str = "ok"
    reason: str = ""


Statistic = Callable[[Floats], Floats]
"""Similarity of the pairs, (draws, pairs), to the statistic of each draw."""
Draw = Callable[[np.random.Generator, int], Floats]
"""Similarity of the pairs in seeded permutations, (draws, pairs)."""


def nothing_test(pairs: Pairs, embeddings: Embeddings, *, seed: int = SEED) -> NullTest:
    """Null "the space knows nothing of what people choose": images permuted over all categories."""
    clips, row = np.unique(pairs.clips, return_inverse=True)
    images, column = np.unique(pairs.images, return_inverse=True)
    n = len(images)
    if n < 2:
        return _untested(pairs, n, "too_small", "at least two pictures are needed")
    near = cosines(embeddings, clips, images)
    residual = pairs.chosen - pairs.expected
    starts = np.flatnonzero(np.diff(row, prepend=-1))  # pairs are sorted by clip

    def statistic(similarity: Floats) -> Floats:
        sums = np.add.reduceat(similarity * residual, starts, axis=1)
        size = np.sqrt((sums**2).sum(axis=1))
        return np.divide(sums.sum(axis=1), size, out=np.zeros(len(sums)), where=size > ROUNDING)

    def draw(rng: np.random.Generator, draws: int) -> Floats:
        orders = rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1)
        return near[row, orders[:, column]]

    def every() -> Floats:
        return near[row, np.array(list(itertools.permutations(range(n))))[:, column]]

    exact = every if math.factorial(min(n, 20)) <= MOST_EXACT else None
    return _tested(pairs, near[row, column], residual, row, statistic, draw, exact, n, seed)


def beyond_test(pairs: Pairs, embeddings: Embeddings, *, seed: int = SEED) -> NullTest:
    """Null "nothing beyond both being right": clips with their own images permuted inside their categories."""
    if not len(pairs.clips):
        return _untested(pairs, 0, "too_small", "no board whose images are known")
    units = _Units(pairs, embeddings)
    if units.reason:
        return _untested(pairs, units.moved, "too_small", units.reason)
    label = embeddings.image_labels[pairs.images]
    own = embeddings.partner[pairs.images] == pairs.clips
    kind = _codes(_codes(embeddings.audio_labels[pairs.clips]), _codes(label), own)
    rates = np.bincount(kind, weights=pairs.chosen) / np.bincount(kind, weights=pairs.shown)
    residual = pairs.chosen - pairs.shown * rates[kind]
    if np.abs(residual).max() < ROUNDING:
        reason = "people chose every pair of the same categories equally often: nothing is left to explain"
        return _untested(pairs, units.moved, "degenerate", reason)

    def statistic(similarity: Floats) -> Floats:
        return similarity @ residual

    exact = units.every if units.n_permutations <= MOST_EXACT else None
    return _tested(pairs, units.similarity, residual, kind, statistic, units.draw, exact, units.moved, seed)


def _tested(
    pairs: Pairs,
    similarity: Floats,
    residual: Floats,
    kind: Ints,
    statistic: Statistic,
    draw: Draw,
    every: Callable[[], Floats] | None,
    moved: int,
    seed: int,
) -> NullTest:
    n = len(residual)
    correlation = _correlation(similarity, residual, pairs.shown, kind)
    if correlation is None:
        return _untested(pairs, moved, "degenerate", "all pictures are equally similar to the clips, or equally chosen")
    observed = float(statistic(similarity[None])[0])
    limit = observed - ROUNDING * max(1.0, abs(observed))
    if every is not None:
        drawn = statistic(every())
        p_value, least = float((drawn >= limit).mean()), 1.0 / len(drawn)
        return NullTest(correlation, p_value, least, "exact", len(drawn), n, moved)
    found = seeded_p(lambda rng, draws: statistic(draw(rng, draws)) >= limit, values=n, seed=seed)
    draws = count_draws(n)
    return NullTest(correlation, float(found), 1.0 / (1 + draws), "monte_carlo", draws, n, moved)


def _untested(pairs: Pairs, moved: int, status: str, reason: str) -> NullTest:
    return NullTest(None, None, None, "none", 0, len(pairs.clips), moved, status, reason)


def _correlation(similarity: Floats, residual: Floats, shown: Floats, kind: Ints) -> float | None:
    """Weighted correlation of residual shares with similarity, both without the means of each kind of pair."""
    means = np.bincount(kind, weights=shown * similarity) / np.bincount(kind, weights=shown)
    rest = similarity - means[kind]
    size = math.sqrt(float((residual**2 / shown).sum()) * float((shown * rest**2).sum()))
    return max(-1.0, min(1.0, float(residual @ rest) / size)) if size > ROUNDING else None


def _codes(*columns: NDArray[Any]) -> Ints:
    """One number for each different row."""
    _, row = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    return np.asarray(row).ravel()


class _Units:
    """Clips with their own images, and the permutations of those of one category that have the same images."""

    def __init__(self, pairs: Pairs, embeddings: Embeddings) -> None:
        clips = np.union1d(pairs.clips, embeddings.partner[pairs.images])
        order = np.lexsort((embeddings.image_labels, embeddings.partner))
        own = np.split(order, np.searchsorted(embeddings.partner[order], np.arange(1, len(embeddings.audio))))
        images = np.concatenate([own[clip] for clip in clips])
        self.offset = np.cumsum([0, *(len(own[clip]) for clip in clips)])
        labels = [tuple(embeddings.image_labels[own[clip]].tolist()) for clip in clips]
        strata: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for place, clip in enumerate(clips):
            strata.setdefault((str(embeddings.audio_labels[clip]), labels[place]), []).append(place)
        self.strata = [(np.array(members), _runs(names)) for (_, names), members in strata.items()]
        self.near = cosines(embeddings, clips, images)
        place_of = np.empty(len(embeddings.image_ids), dtype=np.int64)
        place_of[images] = np.arange(len(images))
        self.row, self.column = np.searchsorted(clips, pairs.clips), place_of[pairs.images]
        self.similarity = self.near[self.row, self.column]
        largest: dict[str, int] = {}
        for (label, _), members in strata.items():
            largest[label] = max(largest.get(label, 0), len(members))
        self.moved = sum(len(members) for members, _ in self.strata if len(members) > 1)
        self.reason = _too_few(largest)

    @property
    def n_permutations(self) -> int:
        """Permutations in all; more than can be counted out where clips have several images, which move, too."""
        if any(b - a > 1 for _, runs in self.strata for a, b in runs):
            return MOST_EXACT + 1
        return math.prod(math.factorial(len(members)) for members, _ in self.strata)

    def draw(self, rng: np.random.Generator, draws: int) -> Floats:
        clips, images = self._still(draws)
        for members, runs in self.strata:
            clips[:, members] = rng.permuted(clips[:, members], axis=1)
            for a, b in runs:
                slots = np.argsort(rng.random((draws, len(members), b - a)), axis=2)
                here = (self.offset[members][:, None] + np.arange(a, b)).ravel()
                images[:, here] = (self.offset[clips[:, members]][:, :, None] + a + slots).reshape(draws, -1)
        return self._moved(clips, images)

    def every(self) -> Floats:
        ways = itertools.product(*(itertools.permutations(members.tolist()) for members, _ in self.strata))
        places = np.concatenate([members for members, _ in self.strata])
        moved = np.array([[place for way in one for place in way] for one in ways])
        clips, images = self._still(len(moved))
        clips[:, places] = moved
        for members, runs in self.strata:
            for a, _ in runs:
                images[:, self.offset[members] + a] = self.offset[clips[:, members]] + a
        return self._moved(clips, images)

    def _still(self, draws: int) -> tuple[Ints, Ints]:
        clips, images = (np.tile(np.arange(size, dtype=np.int64), (draws, 1)) for size in self.near.shape)
        return clips, images

    def _moved(self, clips: Ints, images: Ints) -> Floats:
        return self.near[clips[:, self.row], images[:, self.column]]


def _runs(labels: Sequence[str]) -> list[tuple[int, int]]:
    """Begin and end of each run of equal labels."""
    found, start = [], 0
    for _, own in itertools.groupby(labels):
        size = len(list(own))
        found.append((start, start + size))
        start += size
    return found


def _too_few(pictures: dict[str, int]) -> str:
    few = {label: n for label, n in sorted(pictures.items()) if n < FEWEST_PER_CATEGORY}
    if not few:
        return ""
    named = ", ".join(f"{label} {n}" for label, n in few.items())
    return (
        f"a category needs {FEWEST_PER_CATEGORY} clips with pictures of their own to exchange ({named}), so what goes "
        "beyond both being right cannot be told"
    )
