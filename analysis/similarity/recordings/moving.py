"""The permutation null behind AIS and IIS where clips of one recording are alike: recordings change places as wholes.

Dealing single clips out at random takes clips of one recording for independent draws, and calls chance a finding where
music and images both hang together inside recordings. Recordings with equally many clips are exchangeable as wholes:
the clips of one, in their order, take the places of the clips of another. A recording whose number of clips no other
has stays where it is, which costs power and never adds false alarms.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.similarity.nulls import EXACT_ARRANGEMENTS, MONTE_CARLO_UNITS, MatchingNull, matching_p
from analysis.similarity.rows import Floats, Ints, Rows, as_codes, as_partner, check_same_space


def recording_null(
    images: ArrayLike,
    others: ArrayLike,
    partner: ArrayLike,
    recordings: ArrayLike,
    *,
    within: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> MatchingNull:
    """`matching_null` with recordings in place of clips.

    Parameters
    ----------
    images, others, partner : as `matching_null`
    recordings : (G,) recording of each image; images of one item share it
    within : (G,) category of each image; recordings then change places only inside their category
    draws, seed : as `matching_null`

    Returns
    -------
    MatchingNull : `n_units` counts the recordings that can change places. None with status and reason where none can.
    """
    image_rows, other_rows = Rows(images, name="images"), Rows(others, name="others")
    check_same_space(image_rows, other_rows)
    own = as_partner(partner, n=len(image_rows), n_others=len(other_rows), name="partner")
    _, units = as_codes(recordings, n=len(image_rows), name="recordings")
    if within is not None:
        _, labels = as_codes(within, n=len(image_rows), name="within")
        units = np.unique(labels * (units.max() + 1) + units, return_inverse=True)[1].astype(np.int64)
    items, first, place = np.unique(own, return_index=True, return_inverse=True)
    summed = image_rows.group_sums(place.astype(np.int64), len(items))
    cosines = np.vecdot(summed, other_rows.unit(items))
    tables, n_moved = [], 0
    category = np.zeros(len(items), dtype=np.int64) if within is None else labels[first]
    fixed = float(cosines.sum())
    for members in _classes(units[first], category):
        table = np.einsum("akd,bkd->ab", summed[members], other_rows.unit(items[members].ravel()).reshape(
            *members.shape, -1), optimize=True)  # fmt: skip
        tables.append(table)
        n_moved += len(members)
        fixed -= float(np.trace(table))
    return _null_of(tables, fixed, len(image_rows), n_moved, draws, seed)


def _classes(units: Ints, category: Ints) -> list[Ints]:
    """Items of the recordings that can change places, (recordings, clips) for each category and number of clips."""
    order = np.argsort(units, kind="stable")
    _, starts, sizes = np.unique(units[order], return_index=True, return_counts=True)
    keys = category[order[starts]] * (sizes.max() + 1) + sizes
    classes = []
    for key in np.unique(keys):
        own = np.flatnonzero(keys == key)
        if len(own) > 1:
            classes.append(order[starts[own][:, None] + np.arange(sizes[own[0]])])
    return classes


def _null_of(tables: list[Floats], fixed: float, n: int, n_units: int, draws: int, seed: int) -> MatchingNull:
    """The null of (fixed + matched entries of the tables) / n."""
    target = sum(float(np.trace(table)) for table in tables)
    observed = (fixed + target) / n
    mean = (fixed + sum(float(table.sum()) / len(table) for table in tables)) / n
    if not tables:
        reason = "no two recordings have equally many clips, so none can change places"
        return MatchingNull(observed, mean, 0.0, None, None, "none", 0, n_units, "too_small", reason)
    sd = math.sqrt(sum(_variance(table) for table in tables)) / n
    if sd <= 1e-8:
        reason = "every arrangement gives the same similarity"
        return MatchingNull(observed, mean, 0.0, None, None, "none", 0, n_units, "degenerate", reason)
    z = (observed - mean) / sd
    sizes = [len(table) for table in tables]
    arrangements = math.prod(math.factorial(min(size, 20)) for size in sizes)
    if arrangements > EXACT_ARRANGEMENTS and (draws < 1 or max(sizes) > MONTE_CARLO_UNITS):
        return MatchingNull(observed, mean, sd, z, float(stats.norm.sf(z)), "normal", 0, n_units)
    p_value, method, used = matching_p(tables, target, draws=draws, seed=seed)
    return MatchingNull(observed, mean, sd, z, p_value, method, used, n_units)


def _variance(table: Floats) -> float:
    """Variance of the sum of matched entries over random permutations (Hoeffding 1951)."""
    centred = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    return float((centred**2).sum()) / (len(table) - 1)
