from itertools import combinations

import pytest
from scipy import stats

from analysis.compare.categories import compare_categories
from analysis.intervals import cohen_h, holm
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import rows_of, table_3, table_4


def test_categories_equal_golden():
    found = {row.category: row for row in compare_categories(answers_from(table_3()), answers_from(table_4()))}
    electronic, baroque = found["Electronic music"], found["Baroque Classical symbolism"]
    assert electronic.p_value == pytest.approx(STATS["T3vT4.EM:12v7.fisher_p"], rel=1e-9)
    assert found["Heavy metal"].p_value == pytest.approx(STATS["T3vT4.HM:12v7.fisher_p"], rel=1e-9)
    assert baroque.p_value == STATS["T3vT4.BC:12v12.fisher_p"]
    assert [electronic.ci_low, electronic.ci_high] == pytest.approx(STATS["T3vT4.EM.newcombe95"], rel=1e-9)
    order = ["Electronic music", "Heavy metal", "Baroque Classical symbolism", "Asian traditional folklore"]
    assert [found[name].p_holm for name in order] == pytest.approx(
        STATS["T3vT4.percat.fisher_holm(EM,HM,BC,AT)"], rel=1e-9
    )
    assert holm([row.p_value for row in found.values()]) == [row.p_holm for row in found.values()]
    assert cohen_h(1, 7 / 12) == pytest.approx(STATS["T3vT4.EM.cohen_h"], rel=1e-9)
    assert cohen_h(38 / 48, 36 / 48) == pytest.approx(STATS["T2vT4.total.cohen_h"], rel=1e-9)


def test_categories_answered_several_times_are_compared_by_permuting_participants():
    first = answers_from(rows_of([(0, 1, 2, 3)] * 4 + [(1, 0, 2, 3)] * 2, blocks=2))
    second = answers_from(rows_of([(1, 0, 2, 3)] * 5 + [(0, 1, 2, 3)], blocks=2))
    row = compare_categories(first, second)[0]
    hits = [2, 2, 0, 0, 0, 1]
    extreme = [abs(sum(hits[i] for i in chosen) - 2.5) >= 1.5 for chosen in combinations(range(6), 3)]
    assert (row.correct_a, row.n_a, row.correct_b, row.n_b) == (4, 6, 1, 6)
    assert row.p_value == pytest.approx(sum(extreme) / len(extreme), rel=1e-12)
    assert row.difference == pytest.approx(1 / 2, rel=1e-12)
    assert row.method == "exact permutation"


def test_categories_of_the_same_people_are_compared_in_pairs():
    first, second = answers_from(table_3()), answers_from(table_4())
    rows = {row.category: row for row in compare_categories(first, second, same_participants=True)}
    assert rows["Electronic music"].p_value == STATS["T3vT4.total.paired_if_same_people.sign_test_p"]
    assert rows["Baroque Classical symbolism"].p_value == 1
    turned = answers_from(table_4().iloc[::-1])
    again = {row.category: row for row in compare_categories(first, turned, same_participants=True)}
    assert {name: row.p_value for name, row in again.items()} == {name: row.p_value for name, row in rows.items()}


def test_unconditional_tests_of_one_category_equal_golden():
    table = [[12, 7], [0, 5]]
    assert stats.boschloo_exact(table).pvalue == pytest.approx(STATS["T3vT4.EM.boschloo_p"], rel=1e-5)
    assert stats.barnard_exact(table).pvalue == pytest.approx(STATS["T3vT4.EM.barnard_p"], rel=1e-5)
