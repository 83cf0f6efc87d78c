import numpy as np
import pytest
from scipy import stats

from analysis.paper.findings import all_findings
from analysis.paper.tables import paper
from analysis.similarity.score import to_advantage
from tests.analysis.golden import STATS


@pytest.fixture(scope="module")
def found():
    return {f.number: f for f in all_findings()}


def near(value):
    return pytest.approx(value, rel=1e-9)


def test_7_giils(found):
    values = found[7].values
    assert [values["wilcoxon"], values["wilcoxon_p"]] == near(STATS["giils.T5T6.wilcoxon"])
    assert [values["t"], values["t_p"], values["mean_difference"], values["d_z"]] == near(STATS["giils.T5T6.paired_t"])
    assert values["lower_in_second"] == STATS["giils.T5T6.labels_lower_in_M2"]
    assert values["sign_p"] == near(STATS["giils.T5T6.sign_test_p"])
    assert values["rankwise_all_lower"] is STATS["giils.T5T6.rankwise_all_lower"]
    assert values["spearman"] == near(STATS["giils.T5T6.spearman"])
    assert values["spearman_p_t"] == near(STATS["giils.T5T6.spearman_p_t"])
    assert values["kendall"] == near(STATS["giils.T5T6.kendall"])
    assert values["kendall_p"] == near(STATS["giils.T5T6.kendall_p"])


def test_tables_5_and_6_equal_golden():
    a, b = (np.array(list(paper()[key]["giils"].values())) for key in ("table_5", "table_6"))
    assert [a.mean(), a.std(ddof=1)] == near(STATS["giils.T5.mean_sd"])
    assert [b.mean(), b.std(ddof=1)] == near(STATS["giils.T6.mean_sd"])
    b = np.array([paper()["table_6"]["giils"][label] for label in paper()["table_5"]["giils"]])
    assert stats.spearmanr(a, b).pvalue == near(STATS["giils.T5T6.spearman_p_t"])
    pearson = stats.pearsonr(a, b)
    assert [pearson.statistic, pearson.pvalue] == near(STATS["giils.T5T6.pearson"])
    assert list(pearson.confidence_interval()) == near(STATS["giils.T5T6.pearson_fisher95"])


def test_bootstrap_of_the_rank_relation_agrees_with_golden_draws():
    from analysis.ranks import rank_relation

    a = list(paper()["table_5"]["giils"].values())
    b = [paper()["table_6"]["giils"][label] for label in paper()["table_5"]["giils"]]
    relation = rank_relation(a, b)
    assert [relation.ci_low, relation.ci_high] == pytest.approx(
        STATS["giils.T5T6.spearman_boot95(seed3,B20000)"], abs=0.02
    )


def test_8_ais(found):
    values = found[8].values
    assert values["x"] == near([STATS["score_to_x.50.15"], STATS["score_to_x.49.91"]])
    assert values["se_points"] == pytest.approx([0.087, 0.174], abs=0.001)
    assert values["most_standard_errors"] == pytest.approx(1.7, abs=0.05)


@pytest.mark.parametrize("score", ["47.76", "62.28", "49.62", "50.03", "51.11", "76.4", "58.7", "50.96", "51.31"])
def test_printed_scores_as_advantages_equal_golden(score):
    assert to_advantage(float(score)) == near(STATS[f"score_to_x.{score}"])


def test_slope_of_the_score_equals_golden():
    assert 100 / np.pi == near(STATS["score_slope_per_unit_x_at_0"])


def test_9_too_few_categories(found):
    values = found[9].values
    assert values["spearman"] == pytest.approx(STATS["join.T4.human_vs_GIILS_M2.spearman"], abs=1e-12)
    assert values["status"] == "too_small"
    assert values["least_p"] == near(STATS["join.n4.min_two_sided_p_no_ties"])
    assert values["least_p_with_ties"] == near(STATS["join.n4.min_two_sided_p_ties_2_2"])
