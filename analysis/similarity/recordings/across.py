"""GIILS where only pairs of different recordings count, and its jackknife over recordings.

Conventions
    Two images made from one recording lie close because the music is the same; such pairs say nothing of the label.
    A pair counts where its images come from different recordings, in the mean inside the label and in the background
    alike: the background of an image is every generated image of other recordings. "paper" divides it by G as printed,
    "unbiased" by the number of its terms.
    In the pool, `units` are recordings. Sums of recordings are all that is needed, never a table of image pairs.
"""

from dataclasses import asdict, dataclass

import numpy as np

from analysis.errors import MetricError
from analysis.similarity.jackknife import FEWEST_CLIPS, Jackknife
from analysis.similarity.pool import Kind, Pool
from analysis.similarity.rows import Floats, Ints
from analysis.similarity.score import Score, make_score, no_score
from analysis.wording import plural

# Recordings of a label from which the variance of pairs is estimated.
SAMPLED = 256


@dataclass(frozen=True)
class LabelParts:
    """What the statistic of one label is made of, by its recordings (k of them).

    units   (k,) their codes; n: (k,) images of the label; vectors: (k, d) sums of these images
    own     (k, d) sums of each recording's images in the background, and `size` (k,) how many
    ground  (d,) sum of the whole background, of `n_ground` images; `n_all`: what "paper" divides by
    """

    units: Ints
    n: Ints
    vectors: Floats
    own: Floats
    size: Ints
    ground: Floats
    n_ground: int
    n_all: int
    paper: bool

    @property
    def pairs(self) -> int:
        """Ordered pairs of different recordings."""
        return int(self.n.sum()) ** 2 - int((self.n**2).sum())

    @property
    def weights(self) -> Ints:
        """(k,) images of the other recordings of the label: pairs that an image of each recording counts in."""
        return np.asarray(self.n.sum() - self.n)

    @property
    def towards(self) -> Floats:
        """(k,) products of each recording's images with the background less its own part."""
        return self.vectors @ self.ground - np.vecdot(self.vectors, self.own)

    @property
    def terms(self) -> Floats:
        """(k,) what the background of an image of each recording is divided by."""
        return np.full(len(self.n), float(self.n_all)) if self.paper else (self.n_ground - self.size).astype(np.float64)

    def value(self) -> float:
        total = self.vectors.sum(axis=0)
        within = float(total @ total) - float(np.vecdot(self.vectors, self.vectors).sum())
        return (within - float((self.weights * self.towards / self.terms).sum())) / self.pairs


class AcrossRecordings(Jackknife):
    """`Jackknife` of GIILS over pairs of different recordings; `units` of the pool are recordings."""

    def __init__(self, pool: Pool, kind: Kind) -> None:
        if kind.self_pairs:
            raise MetricError("self_pairs: an image and itself come from one recording, which does not count here")
        if kind.background is None:
            raise MetricError("background: pairs of different recordings are compared with a background")
        super().__init__(pool, kind)
        self._parts: dict[int, LabelParts] = {}

    def parts(self, code: int) -> LabelParts:
        """What the statistic of a label is made of."""
        if code not in self._parts:
            self._parts[code] = self._find_parts(code)
        return self._parts[code]

    def _find_parts(self, code: int) -> LabelParts:
        pool = self.pool
        units = np.unique(pool.units[pool.sample == code])
        ground = self._in_ground(code)
        place = np.full(pool.n_units, -1)
        place[units] = np.arange(len(units))
        mine = np.where(pool.sample == code, place[pool.units], -1)
        behind = np.where(ground, place[pool.units], -1)
        return LabelParts(
            units=units,
            n=np.bincount(mine[mine >= 0], minlength=len(units)),
            vectors=pool.rows.group_sums(mine, len(units)),
            own=pool.rows.group_sums(behind, len(units)),
            size=np.bincount(behind[behind >= 0], minlength=len(units)),
            ground=self._ground_of(code),
            n_ground=int(ground.sum()),
            n_all=pool.n_ground,
            paper=self.kind.denominator == "paper",
        )

    def _in_ground(self, code: int) -> np.ndarray:
        """Which rows are the background of a label's images."""
        ground = self.pool.ground >= 0
        return ground & (self.pool.ground != code) if self.other else ground

    def value(self, code: int) -> float:
        return self.parts(code).value()

    def undefined(self, code: int) -> str:
        """Why the statistic does not exist for this label, or an empty string."""
        n = int(self.pool.counts[code])
        if n < 2:
            return "one image: no pair"
        parts = self.parts(code)
        if not parts.pairs:
            return "all images come from one recording: no pair of different recordings"
        return "" if (parts.n_ground - parts.size > 0).all() else "no image of another recording to compare with"

    def _left_out_values(self) -> Floats:
        values = np.empty((self.pool.n_units, len(self.pool.names)))
        for code in range(len(self.pool.names)):
            values[:, code] = self._without_each(code) if not self.undefined(code) else np.nan
        return values

    def _without_each(self, code: int) -> Floats:
        """(units,) value of one label without each recording of the set."""
        pool, parts = self.pool, self.parts(code)
        ground = self._in_ground(code)
        lost = np.bincount(pool.units, weights=ground, minlength=pool.n_units)
        lost_all = np.bincount(pool.units, weights=pool.ground >= 0, minlength=pool.n_units)
        total, n = parts.vectors.sum(axis=0), parts.n.sum()
        squares, towards, weights = np.vecdot(parts.vectors, parts.vectors), parts.towards, parts.weights
        within, mine = float(total @ total) - float(squares.sum()), parts.units
        pairs = np.full(pool.n_units, float(parts.pairs))
        pairs[mine] = (n - parts.n) ** 2 - (int((parts.n**2).sum()) - parts.n**2)
        kept = np.full(pool.n_units, within)
        kept[mine] -= 2 * (parts.vectors @ total - squares)
        size_own = np.zeros(pool.n_units)
        size_own[mine] = parts.n
        background = np.zeros(pool.n_units)
        inside = (weights - parts.n) * (towards - np.vecdot(parts.vectors, parts.own))
        for size in [0] if parts.paper else np.unique(parts.size):
            members = np.full(len(mine), True) if parts.paper else parts.size == size
            columns = np.stack([weights[members] @ parts.vectors[members], parts.vectors[members].sum(axis=0)], axis=1)
            products = np.zeros((pool.n_units, 2))
            np.add.at(products, pool.units[ground], pool.rows.times(columns)[ground])
            one = float(weights[members] @ towards[members]) - size_own * float(towards[members].sum())
            one -= products[:, 0] - size_own * products[:, 1]
            one[mine[members]] -= inside[members]
            terms = parts.n_all - lost_all if parts.paper else parts.n_ground - lost - size
            with np.errstate(divide="ignore", invalid="ignore"):
                background += np.where(one == 0.0, 0.0, one / terms)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = (kept - background) / pairs
        values[pairs <= 0] = np.nan
        return values

    def _pair_variances(self, codes: Ints) -> Floats:
        """As for clips, from the residual of every pair of recordings, which may be of any size."""
        return np.array([self._pair_variance(code) for code in codes])

    def _pair_variance(self, code: int) -> float:
        parts = self.parts(code)
        k = len(parts.units)
        chosen = slice(None, None, -(-k // SAMPLED))
        vectors, n = parts.vectors[chosen], parts.n[chosen].astype(np.float64)
        weights, sampled = (parts.weights / parts.terms)[chosen], len(n)
        residual = _residuals(vectors @ vectors.T / np.outer(n, n), n) * np.outer(n, n)
        inside = 2.0 - (0.0 if self.other or not self.pool.contained else 1.0) * np.add.outer(weights, weights)
        found = float(((inside * residual) ** 2).sum()) / 2 / parts.pairs**2
        found *= (sampled - 1) / (sampled - 3) * (k * (k - 1)) / (sampled * (sampled - 1))
        # Pairs with recordings of other labels weigh little; they are taken to be as noisy as those inside.
        total = float(parts.n.sum())
        outside = (parts.n_ground - (total if self.pool.contained and not self.other else 0.0)) / parts.n_all**2
        found *= 1.0 + outside * (total - 1) / 2 / float((inside / 2).mean()) ** 2
        return found * k / (k - 2)


def _residuals(means: Floats, n: Floats) -> Floats:
    """Entries of a symmetric table (k, k) around an effect of each row, weighted by n; noughts on the diagonal."""
    apart = ~np.eye(len(n), dtype=bool)
    weights = np.outer(n, n) * apart
    effects = np.linalg.solve(np.diag(weights.sum(axis=1)) + weights, (weights * means).sum(axis=1))
    return (means - np.add.outer(effects, effects)) * apart


def giils_across(
    jackknife: AcrossRecordings, nulls: dict[str, float | None], *, confidence: float = 0.95
) -> dict[str, Score]:
    """GIILS of each label over pairs of different recordings; labels outside the sample are left out.

    Args:
        nulls: mean of x where labels are dealt out to recordings, by label.
    """
    pool, kind = jackknife.pool, jackknife.kind
    found: dict[str, Score] = {}
    for code, name in enumerate(map(str, pool.names)):
        n, units = int(pool.counts[code]), int(pool.unit_counts[code])
        if not n:
            continue
        options = asdict(kind) | {"G": pool.n_ground, "n_per_label": n, "pairs": "different recordings"}
        if reason := jackknife.undefined(code):
            found[name] = no_score(n, units, options, reason)
            continue
        missing = f"images of {plural(units, 'recording')}, an interval needs {FEWEST_CLIPS}"
        found[name] = make_score(
            jackknife.value(code), jackknife.se(code), n, units, nulls.get(name), options, confidence,
            missing_se=missing, strict=False,
        )  # fmt: skip
    return found
