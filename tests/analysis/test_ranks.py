import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.ranks import paired_scores, rank_relation, spearman_p
from tests.analysis.golden import STATS

ACCURACY, GIILS = [12, 7, 7, 12], [57.16, 53.83, 53.80, 51.44]


def test_four_categories_are_too_few_for_any_p():
    found = rank_relation(ACCURACY, GIILS)
    assert found.spearman == pytest.approx(STATS["join.T4.human_vs_GIILS_M2.spearman"], abs=1e-12)
    assert (found.p_value, found.status) == (None, "too_small")
    assert "p = 0.083" in found.reason
    assert spearman_p(np.array(ACCURACY), np.array(GIILS)) == STATS["join.T4.human_vs_GIILS_M2.perm_p_two_sided"]


@pytest.mark.parametrize("n", ["3", "4", "5", "6", "7", "8"])
def test_smallest_p_equals_golden(n):
    order = np.arange(int(n))
    golden = STATS["join.min_two_sided_perm_p_by_n(no ties)"][n]
    assert spearman_p(order, order) == pytest.approx(golden, rel=1e-9)
    assert STATS["join.n4.min_two_sided_p_no_ties"] == pytest.approx(1 / 12)


def test_smallest_p_with_ties_equals_golden():
    best = min(spearman_p(np.array([1, 1, 2, 2]), np.array(order)) for order in itertools.permutations([1, 2, 3, 4]))
    assert best == pytest.approx(STATS["join.n4.min_two_sided_p_ties_2_2"], rel=1e-9)


def test_permutation_p_equals_scipy():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=7), rng.normal(size=7)

    def spearman(a):
        return stats.spearmanr(a, y).statistic

    exact = stats.permutation_test((x,), spearman, permutation_type="pairings", n_resamples=np.inf).pvalue
    assert spearman_p(x, y) == pytest.approx(exact, rel=1e-6)


def test_ten_categories_have_an_interval_too():
    rng = np.random.default_rng(6)
    x = rng.normal(size=12)
    found = rank_relation(x, x + 0.3 * rng.normal(size=12))
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.spearman is not None
    assert found.ci_low <= found.spearman <= found.ci_high + 1e-12
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert rank_relation(x[:7], x[:7]).ci_low is None


def test_constant_values_have_no_relation():
    assert rank_relation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).status == "degenerate"
    assert rank_relation([1, 2], [2, 1]).status == "too_small"


def test_paired_scores_of_equal_models():
    found = paired_scores([3.0, 2.0, 1.0], [2.5, 2.5, 0.5])
    assert found.lower_in_second == 2
    assert not found.rankwise_all_lower or found.mean_difference > 0
