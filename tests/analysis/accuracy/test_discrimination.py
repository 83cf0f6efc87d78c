from math import comb

import pytest

from analysis.accuracy.discrimination import bayes_factor, conditional_chance, discriminations
from tests.analysis.golden import STATS
from tests.analysis.tables import FOUR, rows_of, table_2, table_3, table_4


def test_seven_of_twelve_is_no_evidence_once_the_rest_is_known():
    pairs = {(d.a, d.b): d for d in discriminations(table_4())}
    found = pairs[("Electronic music", "Heavy metal")]
    key = "T4.EH.discrimination_given_others_right.7of12"
    assert (found.right, found.n) == (7, 12)
    assert found.p_two_sided == pytest.approx(STATS[f"{key}.p_two_sided"], rel=1e-9)
    assert found.p_value == pytest.approx(STATS[f"{key}.p_greater"], rel=1e-9)
    assert [found.ci_low, found.ci_high] == pytest.approx(STATS["T4.EH.discrimination.clopper95"], rel=1e-9)
    assert found.bayes_factor == pytest.approx(STATS["bayes.7of12.BF10(uniform vs .5)"], rel=1e-9)


def test_conditional_chance_stands_beside_the_marginal_one():
    found = conditional_chance(table_4())
    assert [row.category for row in found] == ["Electronic music", "Heavy metal"]
    assert all(row.chance == 0.5 and row.known == [FOUR[0], FOUR[3]] for row in found)
    assert found[0].p_value == pytest.approx(STATS["T4.EH.discrimination_given_others_right.7of12.p_greater"], rel=1e-9)


def test_bayes_factor_equals_golden():
    assert bayes_factor(7, 12, 0.25) == pytest.approx(STATS["bayes.7of12.BF10(uniform vs .25)"], rel=1e-9)


def test_overwhelming_evidence_stays_a_number():
    assert bayes_factor(5_000, 5_000, 0.5) == pytest.approx(1e300)
    assert bayes_factor(40, 60, 0.5) == pytest.approx(1 / (61 * comb(60, 40) * 0.5**60), rel=1e-9)


@pytest.mark.parametrize("frame", [table_2(), table_3(), rows_of([(1, 0, 3, 2)]), rows_of([(0, 1, None, None)])])
def test_without_known_categories_there_is_no_conditional_level(frame):
    assert conditional_chance(frame) == []


def test_blocks_with_other_errors_do_not_count():
    found = {(d.a, d.b): d for d in discriminations(rows_of([(0, 1, 2, 3), (1, 0, 3, 2), (1, 2, 0, 3), (1, 0, 2, 3)]))}
    swap = found[(FOUR[0], FOUR[1])]
    assert (swap.right, swap.n) == (1, 2)
    assert found[(FOUR[2], FOUR[3])].n == 1
    assert discriminations(rows_of([(1, 0, 3, 2)]))[0].status == "too_small"
    assert discriminations(table_2()) == []
