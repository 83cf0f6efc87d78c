"""Tidy responses made by hand for tests: one permutation per block, and the paper's three confusion matrices."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

FOUR = ("Baroque Classical symbolism", "Electronic music", "Heavy metal", "Asian traditional folklore")
LANDSCAPES = ("Sky", "Water", "Mountain", "Desert")
TABLE_2 = ((9, 3, 0, 0), (4, 7, 1, 0), (1, 2, 9, 0), (1, 0, 0, 11))
TABLE_4_ANSWERS = [(0, 1, 2, 3)] * 7 + [(0, 2, 1, 3)] * 5
TABLE_3_ANSWERS = [(0, 1, 2, 3)] * 12
ODD_NAMES = ("A & B_%#é漢", "<b>x</b> $y^2$ {z} ~ \\", "Ä" * 60, "日本の伝統音楽")


def rows_of(
    answers: Sequence[Sequence[int | None]],
    names: Sequence[str] = FOUR,
    *,
    design: str = "one_to_one",
    arm: str = "a",
    blocks: int = 1,
    n_options: int | None = None,
    **columns: Any,
) -> pd.DataFrame:
    """One row per clip; `answers[b][i]` is the category chosen for clip i in block b, None = not answered.

    `blocks` consecutive entries of `answers` belong to one participant.
    """
    rows = []
    for b, answer in enumerate(answers):
        for i, chosen in enumerate(answer):
            rows.append(
                {
                    "arm": arm,
                    "participant": f"{arm}{b // blocks:03d}",
                    "block": str(b % blocks + 1),
                    "design": design,
                    "n_options": n_options or len(answer),
                    "clip_category": names[i],
                    "chosen_category": "" if chosen is None else names[chosen],
                    **columns,
                }
            )
    return pd.DataFrame(rows)


def table_2() -> pd.DataFrame:
    """The counts of Table 2 as twelve free blocks; which participant gave which answer is arbitrary."""
    columns = [[c for c, n in enumerate(row) for _ in range(n)] for row in TABLE_2]
    return rows_of(list(zip(*columns, strict=True)), LANDSCAPES, design="free")


def table_3() -> pd.DataFrame:
    return rows_of(TABLE_3_ANSWERS)


def table_4() -> pd.DataFrame:
    """The one decomposition of Table 4 into one-to-one answers: 7 all right, 5 swap Electronic and Heavy metal."""
    return rows_of(TABLE_4_ANSWERS)
