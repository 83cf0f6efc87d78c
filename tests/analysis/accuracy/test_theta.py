import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.accuracy.theta import ability, ability_log_likelihood, ability_pmf
from analysis.errors import AnalysisError
from tests.analysis.golden import STATS
from tests.analysis.golden_extras import fixed_point_model
from tests.analysis.tables import FOUR, rows_of, table_2, table_3, table_4

T4_SCORES = STATS["T4.participant_scores"]


def test_law_at_theta_equals_golden():
    pmf = ability_pmf(0.3, 4, 4)
    assert pmf == pytest.approx(STATS["gmd.k4.theta.3.pmf"], rel=1e-12)
    assert pmf @ np.arange(5) == pytest.approx(STATS["gmd.k4.theta.3.mean"], rel=1e-12)
    theta = 0.5
    mean = ability_pmf(theta, 4, 4) @ np.arange(5)
    assert mean == pytest.approx(STATS["gmd.k4.mean_formula(theta.5)"], rel=1e-12)
    assert mean == pytest.approx(4 * theta + 1 - theta**4, rel=1e-12)


def test_theta_of_table_4_equals_golden():
    found = ability(table_4())
    assert found.theta == pytest.approx(STATS["gmd.T4.theta_mle"], rel=1e-6)
    assert [found.ci_low, found.ci_high] == pytest.approx(STATS["gmd.T4.theta_profile95"], rel=1e-6)
    assert found.log_likelihood == pytest.approx(STATS["gmd.T4.loglik"], rel=1e-9)
    assert found.log_likelihood_null == pytest.approx(STATS["gmd.T4.loglik_theta0"], rel=1e-9)


def test_fixed_point_model_of_table_4_equals_golden():
    found = fixed_point_model(T4_SCORES, 4)
    assert found.b == pytest.approx(STATS["mallows.T4.b"], rel=1e-9)
    assert found.lr == pytest.approx(STATS["mallows.T4.LR"], rel=1e-9)
    assert found.p_value == pytest.approx(STATS["mallows.T4.LR_p_1df"], rel=1e-9)
    assert found.se == pytest.approx(STATS["mallows.T4.se_model"], rel=1e-9)


def test_law_equals_enumeration_of_known_sets_and_guesses():
    theta, n, m = 0.35, 3, 4
    pmf = np.zeros(n + 1)
    for known in itertools.product([True, False], repeat=n):
        weight = np.prod([theta if k else 1 - theta for k in known])
        unknown = [i for i in range(n) if not known[i]]
        left = [j for j in range(m) if j >= n or not known[j]]
        ways = list(itertools.permutations(left, len(unknown)))
        for way in ways:
            pmf[sum(known) + sum(i == j for i, j in zip(unknown, way, strict=True))] += weight / len(ways)
    assert ability_pmf(theta, n, m) == pytest.approx(pmf)


def test_free_theta_is_the_guess_corrected_share():
    assert ability(table_2()).theta == pytest.approx((36 / 48 - 0.25) / 0.75, rel=1e-6)
    assert ability_pmf(0.4, 3, 4, design="free") == pytest.approx(stats.binom.pmf(range(4), 3, 0.55))


def test_everything_right_gives_one_and_a_one_sided_limit():
    found = ability(table_3())
    assert (found.theta, found.ci_high, found.status) == (1.0, 1.0, "degenerate")
    # The lower limit is where the likelihood of twelve perfect boards has fallen by the one-sided 95 % bound.
    fall = stats.chi2.ppf(0.9, 1) / 2
    limit = optimize.brentq(lambda t: 12 * np.log(ability_pmf(t, 4, 4)[4]) + fall, 0, 1)
    assert found.ci_low == pytest.approx(limit)


def test_nothing_right_gives_zero():
    found = ability(rows_of([(1, 0, 3, 2)] * 6))
    assert (found.theta, found.ci_low) == (0.0, 0.0)
    assert found.ci_high is not None
    assert 0 < found.ci_high < 0.5
    drop = ability_log_likelihood(found.ci_high, {(4, 4, 0): 6}, design="one_to_one") - found.log_likelihood
    assert drop == pytest.approx(-stats.chi2.ppf(0.95, 1) / 2)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (rows_of([(None,) * 4]), "No answers yet"),
        (rows_of([(0,)]), "one image"),
        (rows_of([(0, 0, 2, 3)]).assign(chosen_stimulus=list("wxyz")), "repeat a category"),
    ],
)
def test_where_theta_is_not_defined_it_is_said(frame, words):
    found = ability(frame)
    assert found.theta is None
    assert words in found.reason


def test_several_blocks_are_said_to_count_as_independent():
    assert "count as independent" in ability(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], blocks=2)).reason
    assert len(FOUR) == 4


def test_impossible_arguments_are_refused():
    with pytest.raises(AnalysisError, match="theta is a share"):
        ability_pmf(1.2, 4, 4)
