"""Confusion matrices: rows = category of the clip heard, columns = category of the image chosen.

A row's sum is the number of answered clips of that category. Unanswered clips stand in no cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import ResponsesError
from analysis.reading import Answers, answers_from, validate_responses

__all__ = ["confusion_matrix", "format_cells", "row_rates", "validate_responses"]


def confusion_matrix(responses: pd.DataFrame | Answers, categories: Sequence[str] | None = None) -> pd.DataFrame:
    """Counts, shape (k, k). `categories` fixes the order of rows and columns; every category answered must be in it."""
    if isinstance(responses, pd.DataFrame):
        frame = validate_responses(responses)
        if categories is not None:
            unknown = (set(frame["clip_category"]) | set(frame["chosen_category"])) - set(categories) - {""}
            if unknown:
                listed = ", ".join(map(repr, sorted(unknown)))
                raise ResponsesError(f"Category {listed} is not among those of the study.")
        responses = answers_from(frame, categories)
    names = list(responses.categories)
    return pd.DataFrame(responses.matrix, index=pd.Index(names, name="heard"), columns=pd.Index(names, name="chosen"))


def format_cells(matrix: pd.DataFrame) -> pd.DataFrame:
    """Cells as text in the form "(9/12)": count over the row's sum."""
    totals = matrix.sum(axis=1)
    cells = [[f"({int(n)}/{int(totals.iloc[i])})" for n in matrix.iloc[i]] for i in range(len(matrix))]
    return pd.DataFrame(cells, index=matrix.index, columns=matrix.columns)


def row_rates(matrix: pd.DataFrame) -> pd.DataFrame:
    """Cells as shares of their row; a row without answers is None, not NaN."""
    totals = matrix.sum(axis=1).to_numpy(dtype=float)
    shares = np.divide(
        matrix.to_numpy(dtype=float), totals[:, None], out=np.zeros(matrix.shape), where=totals[:, None] > 0
    )
    rates = pd.DataFrame(shares, index=matrix.index, columns=matrix.columns).astype(object)
    rates.iloc[totals == 0] = None
    return rates
