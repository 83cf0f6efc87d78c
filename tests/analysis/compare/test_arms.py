import itertools
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.compare import permutations
from analysis.compare.arms import cliffs_delta, compare_arms, compare_scores, hedges_g, probability_higher
from analysis.compare.categories import compare_categories
from analysis.compare.matrices import compare_matrices, row_g2
from analysis.compare.permutations import independent_permutation, paired_permutation
from analysis.errors import AnalysisError
from analysis.intervals import cohen_h, holm
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


def test_posterior_probability_equals_golden():
    assert probability_higher(12, 12, 7, 12) == pytest.approx(STATS["bayes.T3vT4.EM.P(p1>p2|Jeffreys)"], rel=1e-7)
    assert probability_higher(7, 12, 7, 12) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
def test_subset_sums_equal_all_splits(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5, 4), rng.integers(1, 6, 5)
    pooled = np.concatenate([a, b])
    means = [
        pooled[list(pick)].mean() - pooled[[i for i in range(9) if i not in pick]].mean()
        for pick in itertools.combinations(range(9), 4)
    ]
    observed = a.mean() - b.mean()
    two, one, method = independent_permutation(a, b)
    assert method == "exact permutation"
    assert two == pytest.approx(np.mean(np.abs(means) >= abs(observed) - 1e-9))
    assert one == pytest.approx(np.mean(np.array(means) >= observed - 1e-9))


@pytest.mark.parametrize("seed", range(5))
def test_signs_equal_all_swaps(seed):
    differences = np.random.default_rng(seed).integers(-3, 5, 8)
    sums = [(differences * np.array(signs)).sum() for signs in itertools.product([-1, 1], repeat=8)]
    two, one, _ = paired_permutation(differences)
    assert two == pytest.approx(np.mean(np.abs(sums) >= abs(differences.sum())))
    assert one == pytest.approx(np.mean(np.array(sums) >= differences.sum()))


def test_draws_agree_with_the_exact_permutation(monkeypatch):
    rng = np.random.default_rng(8)
    a, b = rng.integers(0, 9, 20), rng.integers(1, 10, 25)
    exact, exact_paired = independent_permutation(a, b), paired_permutation(a - b[:20])
    monkeypatch.setattr(permutations, "EXACT_WORK", 0)
    drawn, drawn_paired = independent_permutation(a, b), paired_permutation(a - b[:20])
    assert drawn[2] == drawn_paired[2] == "seeded permutation"
    assert drawn[:2] == pytest.approx(exact[:2], abs=0.012)
    assert drawn_paired[:2] == pytest.approx(exact_paired[:2], abs=0.012)
    assert independent_permutation(a, b) == drawn


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


def test_whole_matrices_differ_between_tables_3_and_4():
    first, second = answers_from(table_3()), answers_from(table_4())
    found = compare_matrices(first, second, same_participants=False)
    # The statistic grows with the swaps on one side: the law is that of 5 swaps among 24 people.
    exact = 2 * comb(12, 5) / comb(24, 5)
    assert found.p_value == pytest.approx(exact, abs=3 * (exact * (1 - exact) / found.draws) ** 0.5 + 1e-4)
    paired = compare_matrices(first, second, same_participants=True)
    assert paired.p_value == pytest.approx(0.0625, abs=0.006)
    same = compare_matrices(second, second, same_participants=False)
    assert same.p_value == 1.0
    assert same.statistic == pytest.approx(0)


def test_matrix_statistic_equals_the_likelihood_ratio():
    first, second = np.array([[3, 1], [0, 4]]), np.array([[2, 2], [1, 3]])
    expected = sum(
        stats.chi2_contingency(np.array([first[i], second[i]]), correction=False, lambda_="log-likelihood").statistic
        for i in range(2)
    )
    assert row_g2(first.reshape(1, 4), second.reshape(1, 4), 2)[0] == pytest.approx(expected)


def test_arms_without_answers_and_without_spread_say_so():
    empty = pd.concat([table_4().assign(arm="m1"), rows_of([(None,) * 4], arm="m2")])
    assert compare_arms(empty, "m1", "m2", same_participants=False).status == "too_small"
    flat = pd.concat([table_3().assign(arm="m1"), rows_of([(1, 0, 3, 2)] * 4, arm="z")])
    found = compare_arms(flat, "m1", "z", same_participants=False)
    assert (found.ci_low, found.status, found.difference) == (None, "too_small", 1.0)
    with pytest.raises(AnalysisError, match="different categories"):
        compare_matrices(answers_from(table_4()), answers_from(rows_of([(0, 1)])), same_participants=False)


@pytest.mark.parametrize(
    ("n", "m", "right_a", "right_b"), [(550, 550, 300, 250), (2_990, 10, 18, 2), (10, 2_990, 2, 18)]
)
def test_large_and_unequal_arms_equal_the_hypergeometric_law(n, m, right_a, right_b):
    one, two = (np.array([1] * right + [0] * (size - right)) for right, size in ((right_a, n), (right_b, m)))
    law = stats.hypergeom(n + m, right_a + right_b, n)
    centre = n * (right_a + right_b) / (n + m)
    counts = np.arange(max(0, right_a + right_b - m), min(n, right_a + right_b) + 1)
    far = np.abs(counts - centre) >= abs(right_a - centre) - 1e-9
    found = permutations.independent_permutation(one, two)
    assert found[2] == "exact permutation"
    assert found[:2] == pytest.approx((law.pmf(counts[far]).sum(), law.sf(right_a - 1)), rel=1e-9)
