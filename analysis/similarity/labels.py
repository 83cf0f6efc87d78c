"""GIILS (eq. 8), similarity inside a label, and their label-permutation null.

Conventions: `analysis.similarity`.
"""

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Literal

from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.similarity.jackknife import FEWEST_CLIPS, Jackknife
from analysis.similarity.pool import WITHIN, Background, Kind, Pool, make_pool
from analysis.similarity.relabelling import LabelNull, Relabelling
from analysis.similarity.score import Denominator, Score, make_score, no_score
from analysis.wording import plural


def giils(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    background: Background = "all",
    background_images: ArrayLike | None = None,
    background_labels: ArrayLike | None = None,
    self_pairs: bool = False,
    denominator: Denominator = "paper",
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> dict[Hashable, Score]:
    """Generated images intra-label similarity of each label (eq. 8).

    Parameters
    ----------
    images : (n, d) embeddings whose pairs are averaged
    labels : (n,) label of each image
    background : what an image of a label is compared with: "all" generated images, or those of "other_labels"
    background_images : (G, d) the whole generated set, where `images` is a sample of it; an image found in it (byte for
        byte) is left out of its own background once. None: `images` is the whole set
    background_labels : (G,) needed with `background_images` for background="other_labels"
    self_pairs : count each image as a pair with itself, which adds (1 - within) / n to x
    denominator : "paper" divides the background by G, as printed; "unbiased" by the number of its terms
    clusters : (n,) clip of each image where several share one; the jackknife then leaves out whole clips
    confidence : of the intervals, between 0 and 1

    Returns
    -------
    dict : one `Score` per label, in sorted order. A label with one image has status too_small and no value.

    Raises
    ------
    MetricError
        wrong shapes, zero vector or NaN.
    ScoreRangeError
        x lies outside [-1, 1].
    """
    pool = make_pool(images, labels, background_images, background_labels, clusters)
    return giils_of_pool(pool, Kind(background, self_pairs, denominator), confidence=confidence)


@dataclass(frozen=True)
class WithinLabel:
    """Mean cosine of different images of one label, with its jackknife standard error."""

    mean: float | None
    se: float | None
    n: int
    n_units: int
    status: str = "ok"
    reason: str = ""


def within_label(
    images: ArrayLike, labels: ArrayLike, *, clusters: ArrayLike | None = None
) -> dict[Hashable, WithinLabel]:
    """Mean pairwise cosine inside each label: the part of GIILS that tells collapse from variety."""
    pool = make_pool(images, labels, None, None, clusters)
    jackknife = Jackknife(pool, WITHIN)
    found: dict[Hashable, WithinLabel] = {}
    for code, name in enumerate(pool.names):
        n, units = int(pool.counts[code]), int(pool.unit_counts[code])
        if n < 2:
            found[name] = WithinLabel(None, None, n, units, "too_small", "one image: no pair")
            continue
        # Of so few clips the jackknife may overstate the error twofold, as for GIILS.
        se = jackknife.plain_se(code) if units >= FEWEST_CLIPS else None
        reason = "" if se is not None else "too few clips: no standard error"
        status = "ok" if se is not None else "too_small"
        found[name] = WithinLabel(jackknife.value(code), se, n, units, status, reason)
    return found


def giils_of_pool(
    pool: Pool, kind: Kind, *, confidence: float = 0.95, strict: bool = True, jackknife: Jackknife | None = None
) -> dict[Hashable, Score]:
    """`giils` of a pool that is already built; labels outside the sample are left out.

    Where x leaves the scale it raises, or with strict=False the score's status says so.
    """
    jackknife, relabelling = jackknife or Jackknife(pool, kind), Relabelling(pool)
    found: dict[Hashable, Score] = {}
    for code, name in enumerate(pool.names):
        n = int(pool.counts[code])
        if n == 0:
            continue
        options = asdict(kind) | {"G": pool.n_ground, "n_per_label": n}
        n_units = int(pool.unit_counts[code])
        reason = _undefined(pool, code, kind)
        if reason:
            found[name] = no_score(n, n_units, options, reason)
            continue
        se = jackknife.se(code)
        null = relabelling.mean(code, kind)
        missing = f"images of {plural(n_units, 'clip')}, an interval needs {FEWEST_CLIPS}"
        x = jackknife.value(code)
        found[name] = make_score(x, se, n, n_units, null, options, confidence, missing_se=missing, strict=strict)
    return found


def _undefined(pool: Pool, code: int, kind: Kind) -> str:
    """Why the statistic does not exist for this label, or an empty string."""
    n = int(pool.counts[code])
    if n < 2:
        return "one image: no pair"
    if kind.background is None:
        return ""
    if kind.background == "other_labels" and not pool.labelled_ground:
        raise MetricError("background_labels: needed with background_images for background='other_labels'")
    terms = pool.n_ground - (int((pool.ground == code).sum()) if kind.background == "other_labels" else 1)
    return "" if terms > 0 else "no image outside this label: there is nothing to compare with"


def label_null(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    of: Literal["giils", "within"] = "giils",
    background: Background = "all",
    background_images: ArrayLike | None = None,
    self_pairs: bool = False,
    denominator: Denominator = "paper",
    clusters: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> dict[Hashable, LabelNull]:
    """Null of each label's GIILS x (or of its mean pairwise cosine, of="within") when labels are dealt out at random.

    Mean and standard deviation are exact by moments; the law is skewed, so the one-sided p-value is counted over all
    subsets or over seeded draws. Labels move over whole clips where `clusters` is given.

    Parameters
    ----------
    images, labels, background, background_images, self_pairs, denominator, clusters : as `giils`
    of : "giils", or "within" for the mean pairwise cosine alone
    draws : seeded relabellings where there are more than 20,000 subsets
    seed : of these draws

    Returns
    -------
    dict : one `LabelNull` per label, in sorted order; mean and sd in units of x.

    Raises
    ------
    MetricError
        as `giils`.
    """
    pool = make_pool(images, labels, background_images, None, clusters)
    kind = Kind(background, self_pairs, denominator) if of == "giils" else Kind(None, self_pairs)
    return label_null_of_pool(pool, kind, draws=draws, seed=seed)


def label_null_of_pool(pool: Pool, kind: Kind, *, draws: int = 9_999, seed: int = 0) -> dict[Hashable, LabelNull]:
    """`label_null` of a pool that is already built; labels outside the sample are left out."""
    jackknife, relabelling = Jackknife(pool, kind), Relabelling(pool)
    found: dict[Hashable, LabelNull] = {}
    for code, name in enumerate(pool.names):
        if pool.counts[code] == 0:
            continue
        reason = _undefined(pool, code, kind)
        if reason:
            k, units = int(pool.unit_counts[code]), relabelling.n_units
            found[name] = LabelNull(None, None, None, None, None, "none", "none", 0, k, units, "too_small", reason)
            continue
        found[name] = relabelling.null(code, kind, jackknife.value(code), draws=draws, seed=seed)
    return found
