"""Images that are the same, or nearly the same, picture: they raise similarities inside a label and lower variety."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import MetricError
from analysis.similarity import Rows, as_codes

NEAR = 0.99
SAME = 1.0 - 1e-6
MAX_PAIRS = 1_000
BLOCK = 512


@dataclass(frozen=True)
class Duplicates:
    """Pairs of images whose cosine passes a threshold.

    n_same      pairs of cosine >= 1 - 1e-6: one embedding
    n_near      further pairs of cosine >= `threshold`
    n_images    images that take part in such a pair
    across      pairs of either kind whose two images carry different labels (None without labels)
    pairs       (row, row, cosine) of the closest thousand at most, closest first
    """

    threshold: float
    n_same: int
    n_near: int
    n_images: int
    across: int | None
    pairs: tuple[tuple[int, int, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(self.__dict__) | {"pairs": [list(pair) for pair in self.pairs]}


def find_duplicates(images: ArrayLike, *, labels: ArrayLike | None = None, threshold: float = NEAR) -> Duplicates:
    """All pairs of different rows at least as similar as `threshold`, in O(G^2 d) and blocks of bounded memory."""
    if not 0.0 < threshold <= 1.0:
        raise MetricError(f"threshold: a cosine above 0 and up to 1, got {threshold}")
    rows = Rows(images, name="images")
    codes = None if labels is None else as_codes(labels, n=len(rows), name="labels")[1]
    same = near = across = 0
    taking_part = np.zeros(len(rows), dtype=bool)
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(rows), BLOCK):
        block = rows.unit(slice(start, start + BLOCK))
        for other in range(start, len(rows), BLOCK):
            cosines = block @ rows.unit(slice(other, other + BLOCK)).T
            first, second = np.nonzero(cosines >= min(threshold, SAME))
            if other == start:
                later = second > first
                first, second = first[later], second[later]
            found = cosines[first, second]
            first, second = first + start, second + other
            same += int((found >= SAME).sum())
            near += int((found < SAME).sum())
            taking_part[first] = taking_part[second] = True
            if codes is not None:
                across += int((codes[first] != codes[second]).sum())
            pairs.extend(zip(first.tolist(), second.tolist(), np.minimum(found, 1.0).tolist(), strict=True))
            if len(pairs) > MAX_PAIRS:
                pairs = sorted(pairs, key=_closest_first)[:MAX_PAIRS]
    pairs.sort(key=_closest_first)
    return Duplicates(
        threshold, same, near, int(taking_part.sum()), None if codes is None else across, tuple(pairs[:MAX_PAIRS])
    )


def _closest_first(pair: tuple[int, int, float]) -> tuple[float, int, int]:
    return -pair[2], pair[0], pair[1]
