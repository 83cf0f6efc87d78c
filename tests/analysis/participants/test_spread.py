import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.errors import AnalysisError
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
