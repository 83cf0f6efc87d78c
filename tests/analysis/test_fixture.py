"""golden_trials.csv end to end: 26 people, two models, three boards each, planned exclusions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.compare.arms import compare_arms, hedges_g
from analysis.confusion.information import mutual_information
from analysis.participants.agreement import measure_agreement
from analysis.participants.marginal import gee
from analysis.participants.spread import cluster_summary
from analysis.participants.times import summarise
from analysis.reading.answers import answers_from
from analysis.results.build import build_result
from tests.analysis.golden import FOLDER, STATS
from tests.analysis.tables import FOUR


def tidy() -> pd.DataFrame:
    raw = pd.read_csv(FOLDER / "golden_trials.csv")
    fast = raw.groupby("participant")["rt_s"].transform("median") < 0.3  # p03 has one quick board, which is allowed
    person = raw.groupby("participant")
    reasons = np.select(
        [person["attention_pass"].transform("min") == 0, person["complete"].transform("min") == 0, fast],
        ["failed the attention check", "did not finish", "faster than 0.3 s in the median"],
        "",
    )
    return pd.DataFrame(
        {
            "arm": raw["model"],
            "participant": raw["participant"],
            "block": raw["block"].astype(str),
            "trial_index": raw["block"],
            "design": "one_to_one",
            "n_clips": 4,
            "n_options": 4,
            "clip_category": raw["clip_category"],
            "chosen_category": raw["chosen_category"],
            "correct": raw["correct"],
            "choice_ms": (raw["rt_s"] * 1000).round().astype(int),
            "excluded": (reasons != "").astype(int),
            "exclusion_reason": reasons,
        }
    )


@pytest.fixture(scope="module")
def result():
    return build_result(tidy())


def test_planned_exclusions(result):
    out = tidy()
    assert (
        sorted(out.loc[out["excluded"] == 1, "participant"].unique())
        == STATS["fixture.excluded(attention fail | incomplete | median rt<0.3)"]
    )
    assert [result["arms"][m]["n_participants"] for m in ("m1", "m2")] == STATS["fixture.n_participants"]
    assert {rule["rule"]: rule["n"] for rule in result["excluded"]["rules"]} == {
        "did not finish": 1,
        "failed the attention check": 1,
    }


@pytest.mark.parametrize("arm", ["m1", "m2"])
def test_each_model_equals_golden(result, arm):
    found = result["arms"][arm]
    assert result["categories"] == list(FOUR)
    assert found["confusion"] == STATS[f"fixture.{arm}.confusion"]
    assert [found["overall"]["correct"], found["n_blocks"]] == STATS[f"fixture.{arm}.total_correct_blocks"]
    frame = tidy()
    kept = frame[(frame["arm"] == arm) & (frame["excluded"] == 0)]
    answers = answers_from(kept, FOUR)
    # The golden p takes boards of one person as independent; that of the report renames what a person heard on all.
    random = answers.null_law.sf(answers.total_correct)
    assert random == pytest.approx(STATS[f"fixture.{arm}.p_exact"], rel=1e-9)
    assert found["overall"]["p_value"] > random
    spread = cluster_summary(answers.hits_by_participant, answers.answers_by_participant)
    assert [spread.mean, spread.se] == pytest.approx(STATS[f"fixture.{arm}.mean_acc_se_cluster"], rel=1e-9)
    assert mutual_information(answers.matrix) == pytest.approx(STATS[f"fixture.{arm}.MI_bits"], rel=1e-9)
    assert measure_agreement(answers.matrix).fleiss == pytest.approx(STATS[f"fixture.{arm}.fleiss"], rel=1e-9)
    times = summarise(kept["choice_ms"].to_numpy() / 1000)
    assert times is not None
    assert [times.median, times.mad_normal] == pytest.approx(STATS[f"fixture.{arm}.rt_median_mad"], rel=1e-9)


def test_comparison_equals_golden():
    frame = tidy()
    found = compare_arms(frame[frame["excluded"] == 0], "m1", "m2", same_participants=False)
    assert found.difference == pytest.approx(STATS["fixture.diff_mean"], rel=1e-9)
    assert found.p_value == pytest.approx(STATS["fixture.perm_exact_p_two_sided(subset-sum DP)"], rel=1e-9)
    assert found.hedges_g == pytest.approx(STATS["fixture.hedges_g"], rel=1e-9)
    kept = frame[frame["excluded"] == 0]
    shares = kept.groupby(["arm", "participant"])["correct"].mean()
    welch = stats.ttest_ind(shares["m1"], shares["m2"], equal_var=False)
    assert [welch.statistic, welch.pvalue, welch.df] == pytest.approx(STATS["fixture.welch_t_p_df"], rel=1e-9)
    interval = welch.confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert hedges_g(shares["m1"].to_numpy(), shares["m2"].to_numpy()) == found.hedges_g


def test_gee_equals_golden():
    frame = tidy()
    kept = frame[frame["excluded"] == 0]
    design = np.column_stack([np.ones(len(kept)), kept["arm"] == "m2"]).astype(float)
    people = pd.factorize(kept["participant"])[0]
    found = gee(kept["correct"].to_numpy().astype(bool), people, design, few=0)
    assert found.params == pytest.approx(STATS["fixture.gee.params"], rel=1e-5)
    assert found.se == pytest.approx(STATS["fixture.gee.bse"], rel=1e-5)
    assert found.params[0] == pytest.approx(STATS["fixture.gee.logit_m1"], rel=1e-5)


def test_learning_counts_equal_golden():
    frame = tidy()
    kept = frame[frame["excluded"] == 0]
    counts = kept.groupby("trial_index")["correct"].agg(["sum", "size"])
    assert counts.to_numpy().tolist() == STATS["fixture.by_block"]
