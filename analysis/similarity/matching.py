"""AIS and IIS (eq. 5, 6), of a whole set and of each label.

Conventions: `analysis.similarity`.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space
from analysis.similarity.score import Denominator, Score, cluster_se, make_score, no_score, number_of_terms

Reference = Literal["fixed", "sampled"]


def ais(
    images: ArrayLike,
    audio: ArrayLike,
    partner: ArrayLike,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
) -> Score:
    """Audio-image similarity (eq. 5): how much closer images lie to their own clip than to the other clips.

    Parameters
    ----------
    images : (G, d) embeddings of generated images, of any length
    audio : (T, d) embeddings of all test clips, generated from or not
    partner : (G,) row of `audio` that each image was made from
    denominator : "paper" divides the sum over the other T - 1 clips by T, as printed; "unbiased" by T - 1
    reference : "fixed" takes the T clips as the whole population, so only the generated images vary; "sampled" takes
        them as a sample of clips and lets them vary as well
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Score : x in cosines, score in points from 0 to 100 (50 = no advantage).

    Raises
    ------
    MetricError
        wrong shapes, unknown partner, zero vector or NaN.
    ScoreRangeError
        x lies outside [-1, 1].
    """
    return _advantage(
        Rows(images, name="images"), Rows(audio, name="audio"), partner, denominator, reference, confidence
    )


def iis(
    images: ArrayLike,
    references: ArrayLike,
    partner: ArrayLike,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
) -> Score:
    """Image-image similarity (eq. 6): as `ais`, with the ground-truth images of the test items in place of the clips.

    Where the ground truth is a random picture of the same category, only the category part of it carries information:
    read `decompose` beside it.

    Parameters
    ----------
    images : (G, d) embeddings of generated images
    references : (T, d) embeddings of the ground-truth images
    partner : (G,) row of `references` of each image
    denominator, reference, confidence : as `ais`

    Returns
    -------
    Score : as `ais`.

    Raises
    ------
    MetricError
        as `ais`.
    """
    return _advantage(
        Rows(images, name="images"), Rows(references, name="references"), partner, denominator, reference, confidence
    )


def _advantage(
    images: Rows, others: Rows, partner: ArrayLike, denominator: Denominator, reference: Reference, confidence: float
) -> Score:
    own = as_partner(partner, n=len(images), n_others=len(others), name="partner")
    return score_from_rows(images, others, own, denominator=denominator, reference=reference, confidence=confidence)


def score_from_rows(
    images: Rows,
    others: Rows,
    partner: Ints,
    *,
    denominator: Denominator = "paper",
    reference: Reference = "fixed",
    confidence: float = 0.95,
    dots: Floats | None = None,
    own: Floats | None = None,
    strict: bool = True,
) -> Score:
    """`ais` or `iis` from rows already read once.

    Args:
        strict: raise where x leaves the scale; otherwise the score's status says so.
        dots: (G,) product of every image with the sum of `others`, where the caller has it from a shared pass.
        own: (G,) cosine of every image with its partner, likewise.
    """
    check_same_space(images, others)
    n_others = len(others)
    options = {"denominator": denominator, "reference": reference, "T": n_others, "G": len(images)}
    terms = number_of_terms(denominator, n_others)
    clusters = np.flatnonzero(np.bincount(partner, minlength=n_others))
    if n_others < 2:
        return no_score(len(images), len(clusters), options, "only one test item: there is nothing to compare with")
    if own is None:
        own = images.paired_with(others, partner)
    with_all = images.times(others.total) if dots is None else dots
    advantages = own - (with_all - own) / terms
    x = float(advantages.mean())
    shown = others.total if len(clusters) == n_others else others.sum(np.isin(np.arange(n_others), clusters))
    chance = float(images.total @ shown) / (len(images) * len(clusters))
    null = chance * (1.0 + 1.0 / terms) - float(with_all.mean()) / terms
    per_item = np.bincount(partner, weights=advantages - x, minlength=n_others).astype(np.float64) / len(images)
    if reference == "fixed":
        se = cluster_se(per_item[clusters])
        n_units = len(clusters)
    else:
        towards = others.times(images.total / len(images))
        # A test item takes part as an image's own and as one of the others of every image.
        se = cluster_se(per_item - (towards - towards.mean()) / terms)
        n_units = n_others if len(clusters) == n_others else len(clusters)
    return make_score(x, se, len(images), n_units, null, options, confidence, advantages, strict=strict)


def scores_by_label(
    images: Rows,
    others: Rows,
    partner: Ints,
    labels: ArrayLike,
    *,
    denominator: Denominator = "paper",
    confidence: float = 0.95,
) -> dict[str, Score]:
    """AIS (or IIS) of the images of each label, all compared with the same T items.

    The null deals all items that images were made from out to the images, whatever their label. Where x leaves the
    scale the score's status says so.
    """
    check_same_space(images, others)
    names, codes = as_codes(labels, n=len(images), name="labels")
    n_others = len(others)
    terms = number_of_terms(denominator, n_others)
    options = {"denominator": denominator, "reference": "fixed", "T": n_others}
    if n_others < 2:
        reason = "only one test item: there is nothing to compare with"
        return {str(name): no_score(int((codes == code).sum()), 1, options, reason) for code, name in enumerate(names)}
    used = np.bincount(partner, minlength=n_others) > 0
    products = images.times(np.column_stack([others.total, others.sum(used) / used.sum()]))
    own = images.paired_with(others, partner)
    advantages = own - (products[:, 0] - own) / terms
    chance = products[:, 1] * (1.0 + 1.0 / terms) - products[:, 0] / terms
    found: dict[str, Score] = {}
    for code, name in enumerate(names):
        mine = codes == code
        values = advantages[mine]
        x = float(values.mean())
        units, place = np.unique(partner[mine], return_inverse=True)
        influence = np.bincount(place, weights=values - x).astype(np.float64) / len(values)
        null, full = float(chance[mine].mean()), options | {"G": len(values)}
        found[str(name)] = make_score(
            x, cluster_se(influence), len(values), len(units), null, full, confidence, values, strict=False
        )
    return found
