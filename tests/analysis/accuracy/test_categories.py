import numpy as np
import pytest

from analysis.accuracy.categories import effective_number, per_category
from analysis.accuracy.totals import overall
from analysis.intervals import holm
from analysis.reading import answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import rows_of, table_2, table_3, table_4


@pytest.mark.parametrize(("table", "frame"), [("T2", table_2()), ("T3", table_3()), ("T4", table_4())])
def test_categories_equal_golden(table, frame):
    rows = per_category(frame)
    answers = answers_from(frame)
    hits = answers.hits_by_category.sum(axis=0)
    random = {name: answers.category_law(c).sf(int(hits[c])) for c, name in enumerate(answers.categories)}
    assert random == pytest.approx(STATS[f"{table}.percat.p"], rel=1e-12)
    assert holm(list(random.values())) == pytest.approx(STATS[f"{table}.percat.p_holm"], rel=1e-12)
    if table != "T2":  # In the free task the test allows for favourite images.
        assert {row.category: row.p_value for row in rows} == pytest.approx(random, rel=1e-12)
        assert [row.p_holm for row in rows] == pytest.approx(STATS[f"{table}.percat.p_holm"], rel=1e-12)
    for row in rows:
        key = f"cat.{row.correct}of12"
        assert (row.ci_low, row.ci_high) == pytest.approx(tuple(STATS[f"{key}.wilson95"]), rel=1e-9)
        assert row.cohen_h == pytest.approx(STATS[f"{key}.cohen_h_vs_chance"], rel=1e-9)
        assert row.guess_corrected == pytest.approx(STATS[f"{key}.guess_corrected"], rel=1e-9)


def test_one_category_cannot_be_tested():
    whole = overall(rows_of([(0,), (0,)]))
    assert (whole.p_value, whole.status) == (None, "not_applicable")
    assert [row.status for row in per_category(rows_of([(0,), (0,)]))] == ["not_applicable"]


def test_several_blocks_per_participant_count_as_effective_answers():
    alike = per_category(rows_of([(0, 1, 2, 3)] * 10 + [(1, 0, 3, 2)] * 10, blocks=2))
    assert [(row.n, row.n_effective, row.ci_method) for row in alike] == [(20, 10, "wilson_effective_n")] * 4
    assert "counts 10.0 of 20 answers" in alike[0].reason
    mixed = per_category(rows_of([(0, 1, 2, 3), (1, 0, 3, 2)] * 5, blocks=2))
    assert [(row.n_effective, row.ci_method) for row in mixed] == [(10, "wilson")] * 4
    # Five people of two boards: the name falls on one of two clips right once, or on two that never are.
    assert mixed[0].p_value == pytest.approx(1 / 2**5)


def test_effective_number_is_kish_for_unequal_participants():
    hits, asked = np.array([3, 1, 0, 4, 2]), np.array([4, 4, 2, 4, 3])
    share, n = hits.sum() / asked.sum(), asked.sum()
    variance = 5 / 4 * ((hits - share * asked) ** 2).sum() / n**2
    expected = n / (variance / (share * (1 - share) / n))
    assert effective_number(hits, asked) == pytest.approx(expected)
    assert effective_number(np.array([2, 2]), np.array([2, 2])) == 2
    assert effective_number(np.array([1, 0, 1]), np.array([1, 1, 1])) == 3
