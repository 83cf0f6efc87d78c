import json

import numpy as np
import pytest
from scipy import stats

from analysis.paper.findings import all_findings, write_findings
from analysis.paper.tables import paper
from analysis.similarity.score import to_advantage
from tests.analysis.golden import STATS


@pytest.fixture(scope="module")
def found():
    return {f.number: f for f in all_findings()}


def near(value):
    return pytest.approx(value, rel=1e-9)


def test_there_are_nine_findings_with_sentences(found):
    assert sorted(found) == list(range(1, 10))
    assert all(f.sentences and "nan" not in " ".join(f.sentences).lower() for f in found.values())


def test_1_participants(found):
    values = found[1].values
    assert (values["table_4_perfect"], values["table_4_swapped"]) == (7, 5)
    assert values["table_2_columns"] == STATS["T2.response_bias.colsums"]
    assert "scores 7 x 4 and 5 x 2" in " ".join(found[1].sentences)


def test_2_above_chance(found):
    values = found[2].values
    assert values["table_4_p"] == near(STATS["oneToOne.k4.N12.T4.x38.p_exact"])
    assert values["table_4_binomial_p"] == near(STATS["binomial.n48.T4.x38.p_WRONG_model"])
    assert values["table_3_p"] == near(STATS["oneToOne.k4.N12.T3.x48.p_exact"])
    assert values["table_2_p"] == near(STATS["binomial.n48.T2.x36.p"])
    assert values["table_2_conservative_p"] == near(STATS["oneToOne.k4.N12.sf_ge"]["36"])
    text = " ".join(found[2].sentences)
    assert all(
        number in text for number in ("6.308106e-10", "2.738200e-17", "5.231633e-13", "8.657e-09", "120,000 times")
    )


def test_3_no_evidence_of_discrimination(found):
    values = found[3].values
    assert values["p_marginal"] == near(STATS["T4.percat.p"]["Electronic music"])
    assert values["p_holm"] == near(STATS["T4.percat.p_holm"][1])
    assert values["p_westfall_young"] == near(STATS["T4.percat.p_westfall_young_single_step"][1])
    assert values["p_conditional"] == near(STATS["T4.EH.discrimination_given_others_right.7of12.p_two_sided"])
    assert values["ci"] == near(STATS["T4.EH.discrimination.clopper95"])
    assert values["bf10"] == near(STATS["bayes.7of12.BF10(uniform vs .5)"])


def test_4_one_swapped_pair(found):
    values = found[4].values
    assert values["p_pair"] == near(STATS["T4.pair.EH.p_given_error_counts"])
    assert values["p_any_pair"] == near(STATS["T4.pair.any.p_given_error_counts"])
    assert values["p_unconditional"] == near(STATS["T4.pair.Electronic-Heavy.p_unconditional"])
    assert values["p_unconditional"] == near(STATS["T4.pairs.p_unconditional"]["Electronic music|Heavy metal"])
    assert min(1, 6 * values["p_unconditional"]) == near(STATS["T4.pairs.p_holm"]["1-2"])


def test_5_model_1_against_2(found):
    values = found[5].values
    assert values["p_different_people"] == near(STATS["T3vT4.total.participant_perm_p_two_sided"])
    assert values["p_one_sided"] == near(STATS["T3vT4.total.participant_perm_p_one_sided"])
    assert values["p_same_people"] == near(STATS["T3vT4.total.paired_if_same_people.sign_test_p"])
    assert values["p_trial_level_invalid"] == near(STATS["T3vT4.total.independent_trials_fisher_p_PSEUDOREPLICATED"])
    assert values["p_category_holm"] == near(STATS["T3vT4.percat.fisher_holm(EM,HM,BC,AT)"][0])
    assert "11.8% of studies" in " ".join(found[5].sentences)
    assert "vary 1.97 times as much" in " ".join(found[5].sentences)


def test_6_model_2_against_baseline(found):
    values = found[6].values
    assert values["p"] == near(STATS["T2vT4.total.fisher_p(trial level only)"])
    assert values["ci"] == near(STATS["T2vT4.total.newcombe95_diff(T4-T2)"])
    assert values["power"] == near(STATS["plan.two_models.fisher.power(.79v.75)N"]["12"])
    assert values["power"] < 0.02


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


def test_findings_are_written_alike_each_time(tmp_path):
    _, paths = write_findings(tmp_path / "a")
    write_findings(tmp_path / "b")
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert len(json.loads((tmp_path / "a" / "findings.json").read_text())) == 9
    assert "## 9. Human accuracy" in (tmp_path / "a" / "findings.md").read_text()
