"""Places of clips: counts by hand, the p against all orders, and boards that do not tell their places."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

from analysis.participants.counterbalance import clip_places
from analysis.reading.responses import validate_responses
from tests.analysis.tables import FOUR, rows_of


def shown(orders, names=FOUR[:3], blocks=1):
    """Boards on which the categories stood in these orders (codes by place)."""
    rows = rows_of([(*range(len(names)),)] * len(orders), names, blocks=blocks)
    places = [place for order in orders for place in np.argsort(order) + 1]
    return validate_responses(rows.assign(clip_position=places))


def chi2_of(orders, k):
    counts = np.zeros((k, k))
    for order in orders:
        for place, category in enumerate(order):
            counts[category, place] += 1
    return ((counts - len(orders) / k) ** 2).sum() / (len(orders) / k)


def test_counts_and_expectation_by_hand():
    found = clip_places(shown([(0, 1, 2), (0, 2, 1), (1, 0, 2)]), FOUR[:3])
    assert found.counts == [[2, 1, 0], [1, 1, 1], [0, 1, 2]]
    assert found.expected == [[1.0] * 3] * 3
    assert (found.n_boards, found.n_left_out, found.status) == (3, 0, "ok")
    assert found.chi2 == pytest.approx(4)


@pytest.mark.parametrize("orders", [[(0, 1, 2), (0, 2, 1)], [(0, 1, 2)] * 3, [(0, 1, 2), (1, 2, 0), (2, 0, 1)]])
def test_the_p_is_the_share_of_all_orders_that_are_as_uneven(orders):
    observed = chi2_of(orders, 3)
    every = list(product(permutations(range(3)), repeat=len(orders)))
    exact = np.mean([chi2_of(drawn, 3) >= observed - 1e-9 for drawn in every])
    found = clip_places(shown(orders), FOUR[:3])
    assert found.chi2 == pytest.approx(observed)
    assert abs(found.p_value - exact) < 5 * (exact * (1 - exact) / 9_999) ** 0.5 + 2e-4


def test_one_order_for_everybody_is_found_and_latin_squares_are_not():
    same = clip_places(shown([(0, 1, 2)] * 12), FOUR[:3])
    assert same.p_value == 1 / 10_000
    square = clip_places(shown([(0, 1, 2), (1, 2, 0), (2, 0, 1)] * 4), FOUR[:3])
    assert (square.chi2, square.p_value) == (0, 1)


def test_relabelled_categories_permute_the_counts_and_nothing_else():
    rows = shown([(0, 1, 2), (0, 2, 1), (1, 0, 2), (0, 1, 2)])
    one, other = clip_places(rows, FOUR[:3]), clip_places(rows, FOUR[2::-1])
    assert other.counts == one.counts[::-1]
    assert other.chi2 == pytest.approx(one.chi2)
    assert other.p_value == pytest.approx(one.p_value, abs=0.03)


def test_boards_of_several_sizes_stand_side_by_side():
    rows = pd.concat([shown([(0, 1, 2)] * 2), shown([(1, 0)], FOUR[:2]).assign(participant="b")])
    found = clip_places(rows, FOUR[:3])
    assert found.counts == [[2, 1, 0], [1, 2, 0], [0, 0, 2]]
    np.testing.assert_allclose(found.expected, [[7 / 6, 7 / 6, 2 / 3]] * 2 + [[2 / 3] * 3])


def test_unanswered_clips_had_a_place_too():
    rows = rows_of([(0, None, 2)], FOUR[:3]).assign(clip_position=[3, 1, 2])
    assert clip_places(validate_responses(rows), FOUR[:3]).counts == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_boards_that_do_not_tell_are_left_out_and_counted():
    rows = shown([(0, 1, 2), (0, 2, 1)])
    rows.loc[4, "clip_position"] = np.nan
    found = clip_places(rows, FOUR[:3])
    assert (found.n_boards, found.n_left_out) == (1, 1)
    nothing = clip_places(validate_responses(rows_of([(0, 1, 2)], FOUR[:3])), FOUR[:3])
    assert (nothing.status, nothing.reason, nothing.n_left_out) == ("too_small", "No places of clips were recorded.", 1)
    assert clip_places(rows.iloc[:0], FOUR[:3]).status == "too_small"


def test_boards_of_one_clip_have_no_order():
    rows = validate_responses(rows_of([(0,), (0,)], FOUR[:1]).assign(clip_position=1))
    found = clip_places(rows, FOUR[:1])
    assert (found.counts, found.status, found.p_value) == ([[2]], "not_applicable", None)
