"""Which names are exchanged."""

from math import factorial

import numpy as np

from analysis.evalues import AnsweredBoard
from analysis.evalues.renaming import MOST_DRAWN, exchangeable, list_renamings


def board(*heard):
    return AnsweredBoard(heard, heard, len(heard))


def test_categories_are_exchanged_that_are_heard_alike_on_every_board():
    assert exchangeable([board(0, 1, 2), board(2, 1, 0)]) == ((0, 1, 2),)
    assert exchangeable([board(0, 1, 2), board(1, 2, 3)]) == ((1, 2),)
    assert exchangeable([board(0, 0, 1, 1, 2)]) == ((0, 1),)
    assert exchangeable([board(0), board(1)]) == ()


def test_every_name_stays_in_its_group_and_the_first_row_changes_nothing():
    rows = list_renamings([board(0, 1, 2, 3), board(0, 1)])
    assert rows[0].tolist() == [0, 1, 2, 3]
    assert len({tuple(row) for row in rows.tolist()}) == len(rows) == 4
    assert {frozenset(row[:2]) for row in rows.tolist()} == {frozenset({0, 1})}
    assert len(list_renamings([board(*range(8))])) == factorial(8)


def test_of_nine_categories_as_many_are_drawn_as_the_person_is_the_same():
    rows = list_renamings([board(*range(9))])
    assert (rows.shape, rows[0].tolist()) == ((MOST_DRAWN, 9), list(range(9)))
    assert np.array_equal(np.sort(rows, axis=1), np.tile(np.arange(9), (MOST_DRAWN, 1)))
    assert np.array_equal(rows, list_renamings([board(*range(9))]))
    assert not np.array_equal(rows, list_renamings([board(*range(8, -1, -1))]))
