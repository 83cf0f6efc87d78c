"""Published confusion matrices: what can be recovered of the participants behind them.

A printed table gives counts, not answers. In one-to-one matching every participant's answer is a permutation, so the
matrix is a sum of permutation matrices; sometimes only one such sum exists, and then the participants are known.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

# Most ways of sharing out participants that are looked at before the search is given up.
MOST_STEPS = 200_000


@dataclass(frozen=True)
class Decomposition:
    """Permutations (clip i -> image p[i]) and how many gave them; `unique` when no other sum fits."""

    answers: dict[tuple[int, ...], int]
    unique: bool


@cache
def paper() -> dict[str, Any]:
    """The paper's Tables 1-6 with their design."""
    return dict(json.loads((files("analysis") / "data" / "paper.json").read_text(encoding="utf-8")))


def consistent_with_one_to_one(counts: Sequence[Sequence[int]], participants: int) -> bool:
    """Whether rows and columns all sum to the number of participants: necessary for one-to-one, not sufficient."""
    matrix = np.array(counts)
    sums = [*matrix.sum(axis=0).tolist(), *matrix.sum(axis=1).tolist()]
    return matrix.shape[0] == matrix.shape[1] and all(total == participants for total in sums)


def decompose(counts: Sequence[Sequence[int]], participants: int) -> Decomposition:
    """The answers behind a one-to-one table.

    Raises:
        AnalysisError: the margins do not fit one-to-one matching, or there are too many ways to look at all.
    """
    if not consistent_with_one_to_one(counts, participants):
        raise AnalysisError("Rows and columns do not all sum to the number of participants: not one-to-one answers.")
    matrix = np.array(counts)
    support = [p for p in permutations(range(len(matrix))) if all(matrix[i, j] for i, j in enumerate(p))]
    found: list[dict[tuple[int, ...], int]] = []
    steps = 0

    def search(index: int, left: np.ndarray, chosen: dict[tuple[int, ...], int]) -> None:
        nonlocal steps
        steps += 1
        if steps > MOST_STEPS:
            raise AnalysisError("Too many ways to share the counts out among participants; the answers stay unknown.")
        if not left.any():
            found.append(dict(chosen))
            return
        if index == len(support) or len(found) > 1:
            return
        p = support[index]
        for times in range(int(min(left[i, j] for i, j in enumerate(p))), -1, -1):
            rest = left.copy()
            rest[range(len(p)), p] -= times
            search(index + 1, rest, {**chosen, p: times} if times else chosen)

    search(0, matrix.copy(), {})
    if not found:
        raise AnalysisError("No set of one-to-one answers adds up to this table.")
    return Decomposition(found[0], unique=len(found) == 1)


def responses_from_table(table: dict[str, Any], *, arm: str) -> pd.DataFrame:
    """Tidy rows of a published table.

    One-to-one: the recovered answers, refused unless they are the only ones. Free: counts are dealt out in order, so
    totals and the matrix are those of the table, but who gave which answer is arbitrary.
    """
    names = table["categories"]
    if table["design"] == "one_to_one":
        found = decompose(table["counts"], table["participants"])
        if not found.unique:
            raise AnalysisError("Several sets of answers fit this table, so its participants cannot be recovered.")
        answers = list(Counter(found.answers).elements())
    else:
        columns = [[j for j, n in enumerate(row) for _ in range(n)] for row in table["counts"]]
        answers = list(zip(*columns, strict=True))
    return pd.DataFrame(
        [
            {
                "arm": arm,
                "participant": f"{arm} {p + 1:02d}",
                "block": "1",
                "design": table["design"],
                "n_options": len(names),
                "clip_category": names[i],
                "chosen_category": names[j],
            }
            for p, answer in enumerate(answers)
            for i, j in enumerate(answer)
        ]
    )
