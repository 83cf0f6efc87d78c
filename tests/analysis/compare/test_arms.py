from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.compare.arms import cliffs_delta, compare_arms, compare_scores, hedges_g, probability_higher
from analysis.compare.matrices import compare_matrices
from analysis.errors import AnalysisError
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import rows_of, table_3, table_4

STRANGERS = pd.concat(
    [table_3().assign(arm="m1", participant=lambda d: "x" + d.participant), table_4().assign(arm="m2")]
)
SAME = pd.concat([table_3().assign(arm="m1"), table_4().assign(arm="m2")])


def test_different_people_equal_golden():
    found = compare_arms(STRANGERS, "m1", "m2", same_participants=False)
    assert found.p_value == pytest.approx(STATS["T3vT4.total.participant_perm_p_two_sided"], rel=1e-9)
    assert found.p_value == pytest.approx(2 * comb(12, 5) / comb(24, 5), rel=1e-9)
    assert found.p_one_sided == pytest.approx(STATS["T3vT4.total.participant_perm_p_one_sided"], rel=1e-9)
    assert found.cliffs_delta == pytest.approx(STATS["T3vT4.total.cliffs_delta"], rel=1e-9)
    assert found.difference == pytest.approx(10 / 48)
    assert found.method == "exact permutation"


def test_same_people_equal_golden():
    found = compare_arms(SAME, "m1", "m2", same_participants=True)
    assert found.p_value == pytest.approx(STATS["T3vT4.total.paired_if_same_people.sign_test_p"], rel=1e-12)
    interval = stats.ttest_1samp(np.array([0.0] * 7 + [0.5] * 5), 0).confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))


def test_who_answered_must_fit_what_is_said():
    with pytest.raises(AnalysisError, match="answered both arms: same_participants must be True"):
        compare_arms(SAME, "m1", "m2", same_participants=False)
    with pytest.raises(AnalysisError, match="answered only one of the arms"):
        compare_arms(STRANGERS, "m1", "m2", same_participants=True)


def test_trial_level_tests_equal_golden_and_are_smaller():
    wrong = stats.fisher_exact([[48, 0], [38, 10]]).pvalue
    assert wrong == pytest.approx(STATS["T3vT4.total.independent_trials_fisher_p_PSEUDOREPLICATED"], rel=1e-9)
    assert stats.fisher_exact([[36, 12], [38, 10]]).pvalue == pytest.approx(
        STATS["T2vT4.total.fisher_p(trial level only)"], rel=1e-9
    )
    assert stats.fisher_exact([[36, 12], [48, 0]]).pvalue == pytest.approx(
        STATS["T2vT3.total.fisher_p(trial level only)"], rel=1e-9
    )
    right = compare_arms(STRANGERS, "m1", "m2", same_participants=False).p_value
    assert right is not None
    assert right > 30 * wrong


def test_asymptotic_rank_test_equals_golden():
    scores = [4] * 12, [4] * 7 + [2] * 5
    found = stats.mannwhitneyu(*scores, method="asymptotic").pvalue
    assert found == pytest.approx(STATS["T3vT4.total.mannwhitney_asymp_p"], rel=1e-9)


def test_posterior_probability_equals_golden():
    assert probability_higher(12, 12, 7, 12) == pytest.approx(STATS["bayes.T3vT4.EM.P(p1>p2|Jeffreys)"], rel=1e-7)
    assert probability_higher(7, 12, 7, 12) == pytest.approx(0.5)


def test_unequal_numbers_of_answers_compare_shares():
    found = compare_scores(
        "a", "b", np.array([1, 6]), np.array([2, 8]), np.array([0, 1]), np.array([4, 2]), same_participants=False
    )
    assert found.difference == pytest.approx((0.5 + 0.75) / 2 - 0.25)
    assert found.p_value == pytest.approx(4 / 6)  # shares 1/2, 3/4 against 0, 1/2: two splits reach it, and mirrored


def test_effect_sizes_equal_their_definitions():
    a, b = np.array([1.0, 2, 2, 4]), np.array([0.0, 2, 3])
    pairs = [int(x > y) - int(x < y) for x in a for y in b]
    assert cliffs_delta(a, b) == pytest.approx(np.mean(pairs))
    pooled = np.sqrt((3 * a.var(ddof=1) + 2 * b.var(ddof=1)) / 5)
    assert hedges_g(a, b) == pytest.approx((a.mean() - b.mean()) / pooled * (1 - 3 / 19))
    assert hedges_g(np.array([1.0, 1.0]), np.array([2.0, 2.0])) is None


def test_arms_without_answers_and_without_spread_say_so():
    empty = pd.concat([table_4().assign(arm="m1"), rows_of([(None,) * 4], arm="m2")])
    assert compare_arms(empty, "m1", "m2", same_participants=False).status == "too_small"
    flat = pd.concat([table_3().assign(arm="m1"), rows_of([(1, 0, 3, 2)] * 4, arm="z")])
    found = compare_arms(flat, "m1", "z", same_participants=False)
    assert (found.ci_low, found.status, found.difference) == (None, "too_small", 1.0)
    with pytest.raises(AnalysisError, match="different categories"):
        compare_matrices(answers_from(table_4()), answers_from(rows_of([(0, 1)])), same_participants=False)
