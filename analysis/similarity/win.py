"""Win rates and item-wise means: relatives of AIS and IIS that the literature also reports, under names of their own.

They answer another question than eq. 5 and 6 and must never share a column with AIS or IIS.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.intervals import t_interval
from analysis.similarity.rows import BLOCK, Floats, Rows, as_codes, as_partner, check_same_space
from analysis.similarity.score import Score, cluster_se, to_score


@dataclass(frozen=True)
class WinRate:
    """Mean share (in percent) of the other items that are less similar to an image than its own; 50 is chance.

    se, ci_low, ci_high   by recordings where they are given, else by clips, in percent; None with one
    n_tied                comparisons that were ties
    """

    value: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    n_units: int
    n_tied: int
    options: dict[str, Any]
    per_item: Floats

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the per-item values are left out."""
        return {key: value for key, value in self.__dict__.items() if key != "per_item"}


def ais_win(
    images: ArrayLike, audio: ArrayLike, partner: ArrayLike, *, ties: float = 0.5, clusters: ArrayLike | None = None
) -> WinRate:
    """Audio-image win rate: AIS_win.

    Args:
        clusters: (G,) recording of each image, where clips are cut from recordings; None: each clip is a draw.
        ties: what a tie counts; 0.5, or 0 as in the script that is published with SonicDiffusion.
    """
    return _win_rate(images, audio, partner, ties=ties, clusters=clusters, others_name="audio")


def iis_win(
    images: ArrayLike,
    references: ArrayLike,
    partner: ArrayLike,
    *,
    ties: float = 0.5,
    clusters: ArrayLike | None = None,
) -> WinRate:
    """Image-image win rate: IIS_win; arguments as `ais_win`."""
    return _win_rate(images, references, partner, ties=ties, clusters=clusters, others_name="references")


def _win_rate(
    images: ArrayLike,
    others: ArrayLike,
    partner: ArrayLike,
    *,
    ties: float,
    clusters: ArrayLike | None,
    others_name: str,
) -> WinRate:
    rows, rest = Rows(images, name="images"), Rows(others, name=others_name)
    check_same_space(rows, rest)
    own = as_partner(partner, n=len(rows), n_others=len(rest), name="partner")
    if len(rest) < 2:
        raise MetricError(f"{others_name}: only one item, there is nothing to win against")
    if not 0.0 <= ties <= 1.0:
        raise MetricError(f"ties: a number between 0 and 1, got {ties}")
    unit = rest.unit()
    wins, tied = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, min(start + BLOCK, len(rows)))
        similarity = rows.unit(part) @ unit.T
        mine = similarity[np.arange(len(similarity)), own[part]][:, None]
        wins[part] = (similarity < mine).sum(axis=1)
        tied[part] = (similarity == mine).sum(axis=1) - 1
    per_item = 100.0 * (wins + ties * tied) / (len(rest) - 1)
    value = float(per_item.mean())
    units = own if clusters is None else as_codes(clusters, n=len(rows), name="clusters")[1]
    influence = np.bincount(units, weights=per_item - value)[np.unique(units)] / len(rows)
    se, n_units = cluster_se(influence.astype(np.float64)), len(influence)
    low, high = (None, None) if se is None else t_interval(value, se, n_units - 1, low=0.0, high=100.0)
    options = {"ties": ties, "T": len(rest), "G": len(rows)}
    return WinRate(value, se, low, high, len(rows), n_units, int(tied.sum()), options, per_item)


def mean_of_item_scores(score: Score) -> float | None:
    """Mean of the scores of the single images, arccos taken item by item; not AIS or IIS.

    None where an item's advantage leaves [-1, 1].
    """
    if score.per_item is None or bool((np.abs(score.per_item) > 1.0).any()):
        return None
    return math.fsum(to_score(float(x)) for x in score.per_item) / len(score.per_item)
