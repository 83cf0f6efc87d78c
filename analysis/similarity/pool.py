"""The vectors, labels and backgrounds behind GIILS-like statistics, and the one formula of them all."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, check_same_space
from analysis.similarity.score import Denominator, number_of_terms

Background = Literal["all", "other_labels"]


@dataclass(frozen=True)
class Kind:
    """The conventions of one GIILS-like statistic; background None is the plain mean over pairs."""

    background: Background | None = "all"
    self_pairs: bool = False
    denominator: Denominator = "paper"

    def __post_init__(self) -> None:
        if self.background not in ("all", "other_labels", None):
            raise MetricError(f'background: expected "all" or "other_labels", got {self.background!r}')
        number_of_terms(self.denominator, 2)


WITHIN = Kind(background=None)


@dataclass(frozen=True)
class Pool:
    """Every vector once, with its part in the statistic.

    sample   label code of rows whose pairs are averaged, else -1
    ground   label code of rows that make up the background (0 where it is unlabelled), else -1
    units    code of the independent unit (clip) of each row
    contained   the sample's rows are part of the background
    """

    rows: Rows
    names: list
    sample: Ints
    ground: Ints
    units: Ints
    contained: bool
    separate: bool
    labelled_ground: bool

    @cached_property
    def counts(self) -> Ints:
        """Images of each label that pairs are taken from."""
        return np.bincount(self.sample[self.sample >= 0], minlength=len(self.names))

    @cached_property
    def ground_counts(self) -> Ints:
        """Images of each label in the background."""
        return np.bincount(self.ground[self.ground >= 0], minlength=len(self.names))

    @cached_property
    def n_ground(self) -> int:
        return int((self.ground >= 0).sum())

    @cached_property
    def n_units(self) -> int:
        return int(self.units.max()) + 1

    @property
    def single(self) -> bool:
        """Every row is a unit of its own, in row order."""
        return self.n_units == len(self.rows)

    @cached_property
    def unit_counts(self) -> Ints:
        """Units that hold an image of each label that pairs are taken from."""
        if self.single:
            return self.counts
        chosen = self.sample >= 0
        pairs = np.unique(self.units[chosen] * len(self.names) + self.sample[chosen])
        return np.bincount(pairs % len(self.names), minlength=len(self.names))

    @property
    def label_sums(self) -> Floats:
        """Sum of the sample's vectors of each label, (K, d)."""
        return self.rows.group_totals

    @cached_property
    def sample_sum(self) -> Floats:
        return self.label_sums.sum(axis=0)

    @cached_property
    def ground_sums(self) -> Floats:
        """Sum of the background's vectors of each label, (K, d); all in row 0 where it is unlabelled."""
        return self.rows.group_sums(self.ground, len(self.names)) if self.separate else self.label_sums

    @cached_property
    def ground_sum(self) -> Floats:
        return self.ground_sums.sum(axis=0)


def make_pool(
    images: ArrayLike,
    labels: ArrayLike,
    background_images: ArrayLike | None = None,
    background_labels: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Pool:
    """Check the arguments of `giils` and find the sample inside its background."""
    table = np.asarray(images)
    if background_images is None:
        names, codes = as_codes(labels, n=len(table), name="labels")
        units = _as_units(clusters, len(table))
        rows = Rows(table, name="images", groups=codes, n_groups=len(names))
        return whole_pool(rows, names, codes, units)
    ground = np.asarray(background_images)
    check_same_space(Rows(table, name="images"), Rows(ground, name="background_images"))
    place = _find_rows(table, ground)
    contained = bool((place >= 0).all())
    if not contained and bool((place >= 0).any()):
        raise MetricError("background_images: holds some of the images but not all of them")
    own_units = _as_units(clusters, len(table))
    if background_labels is None:
        names, own = as_codes(labels, n=len(table), name="labels")
        ground_codes = np.zeros(len(ground), dtype=np.int64)
    else:
        both = np.concatenate([np.asarray(labels), np.asarray(background_labels)])
        names, codes = as_codes(both, n=len(table) + len(ground), name="labels and background_labels")
        own, ground_codes = codes[: len(table)], codes[len(table) :]
    if contained:
        sample = np.full(len(ground), -1)
        sample[place] = own
        units = own_units.max() + 1 + np.arange(len(ground))
        units[place] = own_units
        return _pool_of(ground, names, sample, ground_codes, units, True, background_labels is not None)
    sample = np.concatenate([own, np.full(len(ground), -1)])
    ground_codes = np.concatenate([np.full(len(table), -1), ground_codes])
    units = np.concatenate([own_units, own_units.max() + 1 + np.arange(len(ground))])
    stacked = np.concatenate([table, ground])
    return _pool_of(stacked, names, sample, ground_codes, units, False, background_labels is not None)


def whole_pool(rows: Rows, names: list, codes: Ints, units: Ints) -> Pool:
    """The pool of a whole labelled set: pairs and background both from all of it; `rows` are added up by label."""
    return Pool(rows, names, codes, codes, units, True, False, True)


def sample_pool(images: ArrayLike, labels: ArrayLike, chosen: Ints, clusters: ArrayLike | None = None) -> Pool:
    """The pool of a sample (row numbers) of a whole labelled set: pairs from the sample, background from all of it."""
    table = np.asarray(images)
    names, codes = as_codes(labels, n=len(table), name="labels")
    sample = np.full(len(table), -1)
    sample[chosen] = codes[chosen]
    return _pool_of(table, names, sample, codes, _as_units(clusters, len(table)), True, True)


def _pool_of(
    table: np.ndarray, names: list, sample: Ints, ground: Ints, units: Ints, contained: bool, labelled: bool
) -> Pool:
    rows = Rows(table, name="images", groups=sample.astype(np.int64), n_groups=len(names))
    codes = np.unique(units, return_inverse=True)[1].astype(np.int64)
    return Pool(rows, names, sample.astype(np.int64), ground.astype(np.int64), codes, contained, True, labelled)


def _as_units(clusters: ArrayLike | None, n: int) -> Ints:
    return np.arange(n) if clusters is None else as_codes(clusters, n=n, name="clusters")[1]


def _find_rows(images: np.ndarray, ground: np.ndarray) -> Ints:
    """Row of `ground` that holds each image byte for byte, -1 for none; equal images take different rows."""
    common = np.result_type(images, ground)
    waiting: dict[bytes, list[int]] = {}
    for row in range(len(ground) - 1, -1, -1):
        waiting.setdefault(ground[row].astype(common).tobytes(), []).append(row)
    place = np.full(len(images), -1)
    for row, image in enumerate(images):
        rows = waiting.get(image.astype(common).tobytes())
        if rows:
            place[row] = rows.pop()
    return place


def statistic(squares: Any, towards: Any, n: Any, n_ground: Any, n_label: Any, contained: bool, kind: Kind) -> Any:
    """x from |S_L|^2, S_L . S_background and the counts; works on numbers and arrays alike."""
    within = squares / n**2 if kind.self_pairs else (squares - n) / (n * (n - 1))
    if kind.background is None:
        return within
    scale, self_terms = background_terms(n_ground, n_label, contained, kind)
    return within - (towards - self_terms * n) / (n * scale)


def background_terms(n_ground: Any, n_label: Any, contained: bool, kind: Kind) -> tuple[Any, int]:
    """What the background sum is divided by, and how many of an image's own similarities it must lose."""
    if kind.background == "other_labels":
        return (n_ground if kind.denominator == "paper" else n_ground - n_label), 0
    own = 1 if contained else 0
    return (n_ground if kind.denominator == "paper" else n_ground - own), own
