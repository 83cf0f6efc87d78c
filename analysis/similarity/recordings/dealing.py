"""Labels dealt out to recordings at random: the null of GIILS where images of one recording are alike.

Recordings move as wholes, and only among those with equally many images: a label keeps its number of images and of
recordings, so nothing but the labels is different. A label whose recordings all have sizes of their own has no null.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from analysis.similarity.jackknife import Jackknife
from analysis.similarity.pool import Kind, Pool, statistic
from analysis.similarity.recordings.across import AcrossRecordings
from analysis.similarity.relabelling import EXACT_SUBSETS, GRAM_UNITS, ROUNDING, SLACK, LabelNull
from analysis.similarity.rows import Floats, Ints

CHUNK = 4_000_000
BUDGET = 100_000_000
FEWEST_DRAWS = 999
MIXED = "images of one recording carry different labels: recordings cannot be dealt out"


class Dealing:
    """The recordings of a pool's sample, ready to be dealt out to labels again."""

    def __init__(self, pool: Pool, kind: Kind) -> None:
        self.pool, self.kind = pool, kind
        chosen = np.flatnonzero(pool.sample >= 0)
        codes, place, self.sizes = np.unique(pool.units[chosen], return_inverse=True, return_counts=True)
        self.label = np.empty(len(codes), dtype=np.int64)
        self.label[place] = pool.sample[chosen]
        self.mixed = bool((self.label[place] != pool.sample[chosen]).any())
        member = np.full(len(pool.rows), -1)
        member[chosen] = place
        self.vectors = pool.rows.group_sums(member, len(codes))
        self.squares = np.vecdot(self.vectors, self.vectors)
        self.towards = self.vectors @ pool.ground_sum
        where = np.full(pool.n_units, -1)
        where[codes] = np.arange(len(codes))
        behind = np.where(pool.ground >= 0, where[pool.units], -1)
        self.own = np.vecdot(self.vectors, pool.rows.group_sums(behind, len(codes)))
        self.own_size = np.bincount(behind[behind >= 0], minlength=len(codes))
        self.gram = self.vectors @ self.vectors.T if len(codes) <= GRAM_UNITS else None

    def nulls(
        self, different: AcrossRecordings | None, everything: Jackknife, *, draws: int, seed: int
    ) -> tuple[dict[str, LabelNull], dict[str, LabelNull]]:
        """Null of each label over pairs of different recordings (empty without `different`), and over all pairs."""
        found: tuple[dict[str, LabelNull], dict[str, LabelNull]] = ({}, {})
        for code, name in enumerate(map(str, self.pool.names)):
            if not self.pool.counts[code]:
                continue
            why = self._why_not(code)
            subsets, method = (np.empty((0, 0), dtype=np.int64), "none") if why else self._subsets(code, draws, seed)
            if different is not None:
                reason = different.undefined(code) or why
                observed = None if different.undefined(code) else different.value(code)
                values = None if reason else self.different(subsets)
                found[0][name] = self._null(code, observed, values, method, reason)
            lonely = "one image: no pair" if self.pool.counts[code] < 2 else ""
            observed = None if lonely else everything.value(code)
            values = None if why or lonely else self.all_pairs(subsets)
            found[1][name] = self._null(code, observed, values, method, why or lonely)
        return found

    def _why_not(self, code: int) -> str:
        if self.mixed:
            return MIXED
        if self.kind.background == "other_labels" and self.pool.separate:
            return "the background of a sample is of labels that stay: recordings cannot be dealt out"
        if self._arrangements(code) < 2:
            return "no other recording has as many images as one of this label: nothing to deal out"
        return ""

    def _classes(self, code: int) -> list[tuple[Ints, int]]:
        """Recordings of each size, and how many of them the label has."""
        mine = self.sizes[self.label == code]
        return [(np.flatnonzero(self.sizes == size), int((mine == size).sum())) for size in np.unique(mine)]

    def _arrangements(self, code: int) -> int:
        return math.prod(math.comb(len(members), k) for members, k in self._classes(code))

    def _subsets(self, code: int, draws: int, seed: int) -> tuple[Ints, str]:
        """(draws, k) recordings that the label might have had."""
        classes = self._classes(code)
        if self._arrangements(code) <= EXACT_SUBSETS:
            ways = [list(itertools.combinations(members.tolist(), k)) for members, k in classes]
            return np.array([sum(way, ()) for way in itertools.product(*ways)]), "exact"
        rng, k = np.random.default_rng([seed, code]), int((self.label == code).sum())
        width = k if self.gram is not None else self.vectors.shape[1]
        draws = min(draws, max(FEWEST_DRAWS, BUDGET // (k * width)))
        return np.concatenate([_choose(members, own, draws, rng) for members, own in classes], axis=1), "monte_carlo"

    def _chunks(self, subsets: Ints) -> Iterator[tuple[Ints, Floats]]:
        """Subsets with (draws, k) products of each recording with all that are dealt out with it, itself included."""
        k = subsets.shape[1]
        step = max(1, CHUNK // (k * (k if self.gram is not None else self.vectors.shape[1])))
        for start in range(0, len(subsets), step):
            part = subsets[start : start + step]
            if self.gram is not None:
                yield part, self.gram[part[:, :, None], part[:, None, :]].sum(axis=2)
            else:
                vectors = self.vectors[part]
                yield part, np.vecdot(vectors, vectors.sum(axis=1)[:, None])

    def different(self, subsets: Ints) -> Floats:
        """x over pairs of different recordings of each subset."""
        pool, paper = self.pool, self.kind.denominator == "paper"
        sizes = self.sizes[subsets[0]].astype(np.float64)
        n, other = sizes.sum(), self.kind.background == "other_labels"
        pairs, values = n**2 - (sizes**2).sum(), []
        for part, products in self._chunks(subsets):
            weights = n - self.sizes[part]
            towards = self.towards[part] - (products if other else self.own[part])
            size = n if other else self.own_size[part]
            terms = float(pool.n_ground) if paper else pool.n_ground - size
            within = products.sum(axis=1) - self.squares[part].sum(axis=1)
            values.append((within - (weights * towards / terms).sum(axis=1)) / pairs)
        return np.concatenate(values)

    def all_pairs(self, subsets: Ints) -> Floats:
        """x over all pairs of each subset."""
        pool, kind = self.pool, self.kind
        n, values = int(self.sizes[subsets[0]].sum()), []
        for part, products in self._chunks(subsets):
            squares = products.sum(axis=1)
            towards = self.towards[part].sum(axis=1) - (squares if kind.background == "other_labels" else 0.0)
            values.append(statistic(squares, towards, n, pool.n_ground, n, pool.contained, kind))
        return np.concatenate(values)

    def _null(self, code: int, observed: float | None, values: Floats | None, method: str, reason: str) -> LabelNull:
        k, units = int((self.label == code).sum()), len(self.sizes)
        if values is None or observed is None:
            return LabelNull(observed, None, None, None, None, "none", "none", 0, k, units, "too_small", reason)
        moments = "exact" if method == "exact" else "monte_carlo"
        mean, sd = float(values.mean()), float(values.std(ddof=0 if method == "exact" else 1))
        if sd <= ROUNDING:
            reason = "every way to deal the labels out gives the same value"
            return LabelNull(observed, mean, 0.0, None, None, "none", moments, 0, k, units, "degenerate", reason)
        hits = int((values >= observed - SLACK).sum())
        p_value = hits / len(values) if method == "exact" else (1 + hits) / (1 + len(values))
        z = (observed - mean) / sd
        return LabelNull(observed, mean, sd, z, p_value, method, moments, len(values), k, units)


def _choose(members: Ints, k: int, draws: int, rng: np.random.Generator) -> Ints:
    """(draws, k) different ones of the members."""
    step = max(1, CHUNK // len(members))
    parts = [
        rng.permuted(np.tile(members, (min(step, draws - start), 1)), axis=1)[:, :k] for start in range(0, draws, step)
    ]
    return np.concatenate(parts)
