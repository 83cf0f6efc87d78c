import pytest

from analysis.paper.findings import all_findings
from tests.analysis.golden import STATS


@pytest.fixture(scope="module")
def found():
    return {f.number: f for f in all_findings()}


def near(value):
    return pytest.approx(value, rel=1e-9)


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
