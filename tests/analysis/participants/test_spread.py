import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.participants.cochran import cochran_q
from analysis.participants.marginal import adjusted_for_order, gee
from analysis.participants.spread import cluster_summary
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import FOUR, table_3, table_4

T4 = answers_from(table_4(), FOUR)


def test_participants_means_equal_golden():
    found = cluster_summary(T4.hits_by_participant, T4.answers_by_participant, chance=0.25)
    assert found.mean == pytest.approx(STATS["T4.cluster.mean_acc"], rel=1e-12)
    assert found.sd == pytest.approx(STATS["T4.cluster.sd_between"], rel=1e-12)
    assert found.se == pytest.approx(STATS["T4.cluster.se"], rel=1e-12)
    assert [found.ci_low, found.ci_high] == pytest.approx(STATS["T4.cluster.t95"], rel=1e-9)
    assert [found.t, found.t_p_two_sided] == pytest.approx(STATS["T4.cluster.t_vs_chance"], rel=1e-9)
    assert found.wilcoxon_p == pytest.approx(STATS["T4.cluster.wilcoxon_vs_1_p"], rel=1e-12)
    assert found.naive_se == pytest.approx(STATS["T4.naive_se"], rel=1e-9)
    assert found.design_effect == pytest.approx(STATS["T4.design_effect_cluster_vs_naive"], rel=1e-9)
    assert found.icc == pytest.approx(STATS["T4.icc_anova"], rel=1e-9)


def test_everyone_alike_has_no_spread_and_says_so():
    same = answers_from(table_3())
    found = cluster_summary(same.hits_by_participant, same.answers_by_participant, chance=0.25)
    assert (found.se, found.ci_low, found.status) == (None, None, "degenerate")
    assert cluster_summary(np.array([3]), np.array([4])).status == "too_small"
    with pytest.raises(AnalysisError, match="no participant"):
        cluster_summary(np.array([0]), np.array([0]))


def test_signed_ranks_equal_enumeration_with_ties():
    hits, asked = np.array([2, 3, 1, 0, 4, 2]), np.full(6, 4)
    differences = hits - 1.0
    ranks = stats.rankdata(np.abs(differences[differences != 0]))
    observed = ranks[differences[differences != 0] > 0].sum()
    sums = [sum(r for r, s in zip(ranks, signs, strict=True) if s) for signs in itertools.product([0, 1], repeat=5)]
    found = cluster_summary(hits, asked, chance=0.25)
    assert found.wilcoxon_p == pytest.approx(np.mean(np.array(sums) >= observed))


def test_gee_equals_golden():
    robust = gee(T4.hit, T4.participant, few=0)
    assert robust.params[0] == pytest.approx(STATS["T4.gee_exch.intercept"], rel=1e-5)
    assert robust.se[0] == pytest.approx(STATS["T4.gee_exch.se_robust"], rel=1e-5)
    assert robust.correlation == pytest.approx(STATS["T4.gee_exch.corr"], rel=1e-5)
    assert [robust.share_low, robust.share_high] == pytest.approx(STATS["T4.gee_exch.acc95_logit"], rel=1e-5)
    few = gee(T4.hit, T4.participant)
    assert few.covariance == "bias_reduced"
    assert few.se[0] == pytest.approx(STATS["T4.gee_exch.se_bias_reduced(MancldeRouen)"], rel=1e-5)


def test_gee_says_when_there_is_nothing_to_fit():
    assert gee(np.ones(8, dtype=bool), np.repeat([0, 1], 4)).status == "degenerate"
    assert gee(np.array([1, 0, 1, 0]), np.zeros(4, dtype=int)).status == "too_small"


def test_cochran_q_equals_golden():
    found = cochran_q(T4.hits_by_category)
    assert [found.q, found.p_asymptotic, found.df] == pytest.approx(STATS["T4.cochran_q"], rel=1e-9)
    assert found.q == STATS["T4.cochran_q.stat"]
    assert found.p_exact == pytest.approx(STATS["T4.cochran_q.p_exact_perm"], rel=1e-9)


def test_cochran_exact_equals_enumeration():
    hits = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0]])
    observed = (hits.sum(axis=0) ** 2).sum()
    ways = [set(itertools.permutations(row)) for row in hits.tolist()]
    sums = [(np.array(pick).sum(axis=0) ** 2).sum() for pick in itertools.product(*ways)]
    assert cochran_q(hits).p_exact == pytest.approx(np.mean(np.array(sums) >= observed))


def test_cochran_without_contrast_is_not_applicable_and_large_studies_are_asymptotic():
    assert cochran_q(answers_from(table_3()).hits_by_category).status == "not_applicable"
    rng = np.random.default_rng(0)
    found = cochran_q(rng.integers(0, 2, size=(300, 6)))
    assert (found.p_exact, found.status) == (None, "ok")
    assert found.p_asymptotic is not None


def paired_rows(right: list[list[int]], first: list[list[int]]) -> tuple[np.ndarray, ...]:
    """hit, arm, trial, participant of people with two boards of four; `first[p][b]` = 1 where board b is of arm a."""
    hit = np.arange(4) < np.array(right)[:, :, None]
    people = len(right)
    trial = np.tile(np.repeat([1, 2], 4), people)
    return hit.ravel().astype(int), np.repeat(np.array(first).ravel(), 4), trial, np.repeat(np.arange(people), 8)


def test_order_adjusted_effect_is_the_log_odds_ratio_where_order_is_balanced():
    found = adjusted_for_order(*paired_rows([[4, 2], [2, 3], [3, 1], [1, 3], [4, 1], [2, 4]], [[1, 0], [0, 1]] * 3))
    assert found is not None
    assert found.log_odds_ratio == pytest.approx(np.log(21 / 3) - np.log(9 / 15), rel=0.05)
    assert found.covariance == "bias_reduced"
    assert 0 < found.p_value < 0.05


@pytest.mark.parametrize(
    "rows",
    [
        # Only the second person sees arm a first, and decides a coefficient alone: the reduced covariance is singular.
        paired_rows([[4, 4], [4, 4], [4, 4], [0, 1]], [[0, 1], [1, 0], [0, 1], [0, 1]]),
        # Everyone sees arm a first: order and arm cannot be told apart.
        paired_rows([[4, 2], [2, 3], [3, 1], [1, 3]], [[1, 0]] * 4),
        paired_rows([[4, 2], [2, 3], [3, 1]], [[1, 0], [0, 1], [1, 0]]),
        # One arm has every answer right, or all but one person's: the odds ratio is infinite, or next to it.
        paired_rows([[4, 2], [3, 4], [4, 1], [3, 4]], [[1, 0], [0, 1], [1, 0], [0, 1]]),
        paired_rows([[4, 4], [4, 4], [4, 4], [4, 1]], [[0, 1], [1, 0], [0, 1], [1, 0]]),
        paired_rows([[4, 0], [4, 0], [4, 0], [4, 1], [4, 0]], [[0, 1], [1, 0], [0, 1], [1, 0], [0, 1]]),
    ],
)
def test_order_that_cannot_be_told_from_the_arm_gives_nothing(rows):
    assert adjusted_for_order(*rows) is None
