"""Confusion matrices: rows = category of the clip heard, columns = category of the image chosen.

A row's sum is the number of answered clips of that category. Unanswered clips stand in no cell.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import ResponsesError
from analysis.reading import Answers, answers_from, validate_responses


def confusion_matrix(responses: pd.DataFrame | Answers, categories: Sequence[str] | None = None) -> pd.DataFrame:
    """Counts of categories heard (rows) and chosen (columns).

    Parameters
    ----------
    responses : tidy frame, one row per clip answered, or `Answers`
    categories : order of rows and columns; every category answered must be in it. None: in order of appearance

    Returns
    -------
    DataFrame (k, k) of integers; a row's sum is the number of answered clips of its category.

    Raises
    ------
    ResponsesError
        a column is missing, rows contradict each other, or a category is not among `categories`.
    """
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


def two_way_matrix(answers: Answers) -> np.ndarray:
    """Counts (k, k) of the answers that could have gone the other way: both categories were heard on the board."""
    k = len(answers.categories)
    heard = np.zeros((answers.n_blocks, k), dtype=bool)
    heard[answers.block, answers.heard] = True
    kept = answers.answered & heard[answers.block, answers.chosen]
    return np.bincount(answers.heard[kept] * k + answers.chosen[kept], minlength=k * k).reshape(k, k)


def format_cells(matrix: pd.DataFrame) -> pd.DataFrame:
    """Cells as text in the form "(9/12)": count over the row's sum, as the paper's Tables 2 to 4 print them.

    Parameters
    ----------
    matrix : DataFrame (k, k) of `confusion_matrix`

    Returns
    -------
    DataFrame (k, k) of texts.
    """
    totals = matrix.sum(axis=1)
    cells = [[f"({int(n)}/{int(totals.iloc[i])})" for n in matrix.iloc[i]] for i in range(len(matrix))]
    return pd.DataFrame(cells, index=matrix.index, columns=matrix.columns)
