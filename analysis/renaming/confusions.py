"""Laws of single confusions when heard categories are renamed and the choices and the number right are kept.

The question is *which* errors were made, not whether: of all renamings of a participant's heard categories those count
that leave as many answers right as there were. What is chosen often is chosen as often under any of them, so a
favourite image makes no pair.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from analysis.chance import Law, convolve
from analysis.renaming.laws import EXACT_SIZE, all_renamings
from analysis.renaming.tables import Tables

Cell = tuple[int, int]


@dataclass
class ConfusionLaws:
    """Laws of how often heard categories were taken for chosen ones; `law` adds up the cells that it is given.

    own : (class, rows of answers (s, k)) of each different participant's class -> how many participants have it
    """

    own: dict[tuple[tuple[int, ...], bytes], int]
    k: int
    _callers: dict[tuple[tuple[int, ...], bytes], np.ndarray] = field(default_factory=dict)

    def law(self, cells: Iterable[Cell]) -> Law:
        """Law of the summed counts of some cells (heard, chosen)."""
        wanted = tuple(cells)
        parts: Counter[tuple[int, ...]] = Counter()
        for key, times in self.own.items():
            members, raw = key
            inside = [(members.index(heard), chosen) for heard, chosen in wanted if heard in members]
            if not inside:
                continue
            rows = np.frombuffer(raw, dtype=np.int64).reshape(len(members), self.k)
            callers = self._allowed(key, rows)
            values = sum((rows[callers[:, name], chosen] for name, chosen in inside), np.zeros(len(callers), np.int64))
            parts[tuple(np.bincount(values).tolist())] += times
        return convolve(parts.items())

    def _allowed(self, key: tuple[tuple[int, ...], bytes], rows: np.ndarray) -> np.ndarray:
        """Renamings (n, s) with as many right as observed: entry [w, name] is the row that takes this name."""
        if key not in self._callers:
            square = rows[:, list(key[0])]
            ways = all_renamings(len(square))
            right = square[ways, np.arange(len(square))].sum(axis=1)
            self._callers[key] = ways[right == np.trace(square)]
        return self._callers[key]


def confusion_laws(tables: Tables) -> ConfusionLaws | None:
    """Laws of the confusions of one arm; None where a class is too large to have its renamings counted."""
    if tables.largest > EXACT_SIZE:
        return None
    own: defaultdict[tuple[tuple[int, ...], bytes], int] = defaultdict(int)
    for counts, classes in zip(tables.counts.astype(np.int64), tables.classes, strict=True):
        for members in classes:
            own[(members, counts[list(members)].tobytes())] += 1
    return ConfusionLaws(dict(own), tables.counts.shape[1])
