"""Two sets of images compared: what is exchanged between them, and the values of both sides for any exchange.

Conventions
    A cell holds the images of one side, recording (clip, where none is known) and label. Where the sides share clips,
    an exchange swaps the images of a recording as wholes; else recordings with equally many images change sides inside
    their label. Nothing but the side is different if both models make images alike, so p is exact up to the draws.
    Weights (m, cells) say which cells each side holds, in m exchanges or with one recording left out of both sides.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.similarity import Floats, Ints, Kind

EXACT_GROUPS = 12
DRAWS = 9_999
BUDGET = 20_000_000_000
FEWEST_DRAWS = 199
SLACK = 1e-10


@dataclass(frozen=True)
class Cells:
    """Cells of both sides.

    side    (U,) 0 or 1; group: (U,) code of the recording; label: (U,) code of the label; n: (U,) images
    paired  the sides share recordings
    """

    side: Ints
    group: Ints
    label: Ints
    n: Ints
    paired: bool

    @property
    def first(self) -> Floats:
        """(1, U) the cells that the first side holds as things are."""
        return (self.side == 0)[None].astype(np.float64)

    def left_out(self) -> tuple[Floats, Floats]:
        """Both sides without each recording in turn, (C, U) each."""
        kept = np.unique(self.group)[:, None] != self.group[None]
        return kept * self.first, kept * (1.0 - self.first)

    def strata(self) -> Ints:
        """(C,) label of each recording."""
        _, first = np.unique(self.group, return_index=True)
        return self.label[first] if self.paired else 2 * self.label[first] + self.side[first]

    def exchanges(self, draws: int, seed: int) -> tuple[Floats, str]:
        """(draws, U) the cells of the first side after an exchange, all where few."""
        groups, place = np.unique(self.group, return_inverse=True)
        rng, first = np.random.default_rng(seed), self.first
        if self.paired:
            exact = len(groups) <= EXACT_GROUPS and 2 ** len(groups) <= draws
            swaps = np.array(list(itertools.product((False, True), repeat=len(groups)))) if exact else (
                rng.random((draws, len(groups))) < 0.5)  # fmt: skip
            return np.where(swaps[:, place], 1.0 - first, first), "exact" if exact else "monte_carlo"
        held = np.repeat(first, draws, axis=0)
        keys = self.label * (int(self.n.max()) + 1) + self.n
        for key in np.unique(keys):
            own = np.flatnonzero(keys == key)
            held[:, own] = rng.permuted(held[:, own], axis=1)
        return held, "monte_carlo"


def make_cells(
    groups: tuple[NDArray, NDArray], labels: tuple[NDArray, NDArray], *, paired: bool
) -> tuple[Cells, tuple[Ints, Ints]]:
    """The cells of two sides and the cell of each image, from the images' recordings and labels.

    Args:
        groups: names of the recordings; where the sides are not paired, equal names on both are different ones.
    """
    sides = np.repeat([0, 1], [len(own) for own in groups])
    names = np.concatenate([own.astype(str) for own in groups])
    if not paired:
        names = np.char.add(names, np.where(sides == 0, "|a", "|b"))
    group = np.unique(names, return_inverse=True)[1]
    label = np.unique(np.concatenate([own.astype(str) for own in labels]), return_inverse=True)[1]
    keys, place, n = np.unique(np.stack([sides, group, label]), axis=1, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    return Cells(keys[0], keys[1], keys[2], n, paired), (place[sides == 0], place[sides == 1])


def two_sided(observed: float, drawn: Floats, method: str) -> float:
    """P(|difference| >= |observed|) over the exchanges."""
    hits = int((np.abs(drawn) >= abs(observed) - SLACK).sum())
    return hits / len(drawn) if method == "exact" else (1 + hits) / (1 + len(drawn))


def draws_for(cost: float) -> int:
    """Exchanges that bounded work allows, where one takes so many multiplications."""
    return int(min(DRAWS, max(FEWEST_DRAWS, BUDGET // max(1.0, cost))))


def mean_of(values: Floats, n: Ints, weights: Floats) -> Floats:
    """Mean over images of (U,) sums of cells, (m,)."""
    return np.asarray((weights @ values) / (weights @ n))


def giils_of(vectors: Floats, cells: Cells, weights: Floats, kind: Kind, *, different: bool) -> Floats:
    """x of GIILS of each label for the cells held, (m, labels); NaN where it has no pair.

    Args:
        vectors: (U, d) sums of the cells' unit vectors; different: only pairs of different recordings count.
    """
    gram, n = vectors @ vectors.T, cells.n.astype(np.float64)
    squares, other = np.diag(gram).copy(), kind.background == "other_labels"
    towards = weights @ gram
    total = weights @ n
    found = []
    for label in np.unique(cells.label):
        mine = np.flatnonzero(cells.label == label)
        held = weights[:, mine]
        inside = held @ gram[np.ix_(mine, mine)]
        count = held @ n[mine]
        own = squares[mine] if different else n[mine]
        pairs = count**2 - held @ (n[mine] ** 2) if different else count * (count - 1)
        per_image = count[:, None] - n[mine] if different else np.broadcast_to(count[:, None] - 1, held.shape)
        rest = towards[:, mine] - (inside if other else own)
        terms = np.broadcast_to(total[:, None], held.shape)
        if kind.denominator == "unbiased":
            terms = terms - (count[:, None] if other else n[mine] if different else 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            background = (held * per_image * rest / terms).sum(axis=1)
            found.append((((held * inside).sum(axis=1) - held @ own) - background) / pairs)
    return np.stack(found, axis=1)


def points(x: Floats) -> Floats:
    """Scores of x."""
    return np.asarray(100.0 * (1.0 - np.arccos(np.clip(x, -1.0, 1.0)) / np.pi))
