import numpy as np
import pytest
from scipy import stats

from analysis.trends import cochran_armitage, position_use, trend
from tests.analysis.golden import STATS


def test_trend_equals_golden():
    found = cochran_armitage(np.array([6, 7, 9, 10]), np.full(4, 12))
    assert found == pytest.approx(tuple(STATS["trend.cochran_armitage.6_7_9_10_of12"]), rel=1e-9)
    assert found is not None
    assert found[0] ** 2 == pytest.approx(STATS["trend.cochran_armitage.z2=n*r2"], rel=1e-9)


def test_trend_of_rows_is_n_times_squared_correlation():
    position, hit = np.array([1, 1, 2, 2, 3, 3, 3]), np.array([0, 0, 1, 0, 1, 1, 1])
    found = trend(position, hit)
    r = stats.pearsonr(position, hit).statistic
    assert found.z is not None
    assert found.z**2 == pytest.approx(7 * r**2)
    assert (found.position, found.correct, found.n) == ([1, 2, 3], [0, 1, 3], [2, 2, 3])


def test_where_there_is_no_trend_to_see_it_is_said():
    assert trend(np.array([], dtype=int), np.array([])).status == "too_small"
    assert trend(np.ones(3, dtype=int), np.ones(3)).status == "not_applicable"
    assert trend(np.array([1, 2]), np.array([1, 1])).status == "degenerate"


def test_positions_are_tested_where_people_could_choose():
    found = position_use(np.array([1, 1, 1, 2, 3, 1]), 4, forced=False)
    assert found.chosen == [4, 1, 1, 0]
    assert found.p_value == pytest.approx(stats.chisquare([4, 1, 1, 0]).pvalue)
    assert position_use(np.array([1, 2]), 2, forced=True).status == "not_applicable"
    assert position_use(np.array([]), 4, forced=False).status == "too_small"
