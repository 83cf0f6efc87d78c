"""tables/*.csv: the report's tables with full precision; empty where a value does not exist."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CATEGORY_COLUMNS = (
    "correct", "n", "rate", "ci_low", "ci_high", "ci_method", "chance", "p_value", "p_holm", "p_joint",
    "guess_corrected", "cohen_h", "status", "reason",
)  # fmt: skip
OVERALL_COLUMNS = (
    "correct", "total", "rate", "expected", "null_sd", "p_value", "mid_p", "p_two_sided", "ci_low", "ci_high",
    "ci_method", "method", "status", "reason",
)  # fmt: skip
PAIR_COLUMNS = ("a", "b", "errors", "a_as_b", "b_as_a", "expected", "p_value", "p_holm", "status", "reason")
CELL_COLUMNS = ("heard", "chosen", "n", "expected", "p_value", "p_holm", "p_bh")
COMPARISON_COLUMNS = (
    "a", "b", "same_participants", "n_a", "n_b", "difference", "ci_low", "ci_high", "ci_method", "p_value", "p_holm",
    "p_one_sided", "cliffs_delta", "hedges_g", "cohen_h", "method", "status", "reason",
)  # fmt: skip


def csv_tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Text of every table by file name; `arm` is the first column of each."""
    arms, categories = result["arms"], result["categories"]
    return {
        "overall.csv": _table(
            ("arm", "n_participants", "n_blocks", *OVERALL_COLUMNS),
            (
                (name, arm["n_participants"], arm["n_blocks"], *(arm["overall"][c] for c in OVERALL_COLUMNS))
                for name, arm in arms.items()
            ),
        ),
        "confusion.csv": _table(
            ("arm", "heard", "chosen", "n", "row_total", "row_share"),
            (
                (name, heard, chosen, arm["confusion"][i][j], arm["row_totals"][i], arm["row_rates"][i][j])
                for name, arm in arms.items()
                for i, heard in enumerate(categories)
                for j, chosen in enumerate(categories)
            ),
        ),
        "categories.csv": _table(
            ("arm", "category", *CATEGORY_COLUMNS),
            (
                (name, category, *(arm["categories"][category][c] for c in CATEGORY_COLUMNS))
                for name, arm in arms.items()
                for category in categories
            ),
        ),
        "pairs.csv": _table(
            ("arm", *PAIR_COLUMNS),
            ((name, *(pair[c] for c in PAIR_COLUMNS)) for name, arm in arms.items() for pair in arm["pairs"]),
        ),
        "cells.csv": _table(
            ("arm", *CELL_COLUMNS),
            ((name, *(cell[c] for c in CELL_COLUMNS)) for name, arm in arms.items() for cell in arm["cells"]),
        ),
        "comparisons.csv": _table(
            COMPARISON_COLUMNS, ([c[key] for key in COMPARISON_COLUMNS] for c in result["comparisons"])
        ),
        "participants.csv": _table(
            ("arm", "participant", "correct", "total", *(f"correct: {c}" for c in categories)),
            (
                (name, p["participant"], p["correct"], p["total"], *p["correct_by_category"])
                for name, arm in arms.items()
                for p in arm["participants"]
            ),
        ),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return buffer.getvalue()
