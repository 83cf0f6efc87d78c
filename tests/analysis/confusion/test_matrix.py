import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.confusion.matrix import confusion_matrix, format_cells
from analysis.errors import ResponsesError
from tests.analysis.tables import FOUR, LANDSCAPES, TABLE_2, rows_of, table_2, table_4


def test_rows_are_heard_and_columns_are_chosen():
    matrix = confusion_matrix(table_2(), LANDSCAPES)
    assert matrix.to_numpy().tolist() == [list(row) for row in TABLE_2]
    assert (matrix.index.name, matrix.columns.name) == ("heard", "chosen")
    pd.testing.assert_frame_equal(
        matrix,
        pd.crosstab(table_2()["clip_category"], table_2()["chosen_category"]).loc[list(LANDSCAPES), list(LANDSCAPES)],
        check_names=False,
    )


def test_cells_are_written_as_in_print():
    cells = format_cells(confusion_matrix(table_4(), FOUR))
    assert cells.iloc[1].tolist() == ["(0/12)", "(7/12)", "(5/12)", "(0/12)"]


def test_unanswered_clips_stand_in_no_cell():
    matrix = confusion_matrix(rows_of([(0, None, 2, 3)]), FOUR)
    assert matrix.to_numpy().sum() == 3


def test_a_category_never_chosen_keeps_its_column():
    assert confusion_matrix(rows_of([(0, 0)], design="free"), FOUR).shape == (4, 4)


def test_a_category_outside_the_study_is_named():
    with pytest.raises(ResponsesError, match="'Heavy metal' is not among those of the study"):
        confusion_matrix(table_4(), [name for name in FOUR if name != "Heavy metal"])


@given(st.lists(st.permutations(range(4)), min_size=1, max_size=12))
@settings(max_examples=30)
def test_one_to_one_margins_are_the_number_of_blocks_and_permuting_categories_permutes_the_matrix(answers):
    matrix = confusion_matrix(rows_of(answers), FOUR).to_numpy()
    assert matrix.sum(axis=0).tolist() == matrix.sum(axis=1).tolist() == [len(answers)] * 4
    order = [2, 0, 3, 1]
    turned = confusion_matrix(rows_of(answers), [FOUR[i] for i in order]).to_numpy()
    assert np.array_equal(turned, matrix[np.ix_(order, order)])
