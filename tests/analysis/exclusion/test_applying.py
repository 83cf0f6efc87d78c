import pandas as pd
import pytest

from analysis import render
from analysis.errors import ResponsesError
from analysis.exclusion import RULES, apply_rules, flags
from analysis.reading import EVIDENCE
from analysis.reading.responses import validate_responses
from analysis.results.build import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import rows_of, table_4


def timed(seconds: list[float], **columns) -> pd.DataFrame:
    """One participant per entry, three boards each, every choice after so many seconds."""
    frame = rows_of([(0, 1, 2, 3)] * 3 * len(seconds), blocks=3)
    frame["choice_ms"] = [int(seconds[i // 12] * 1000) for i in range(len(frame))]
    frame["choice_order"] = [i % 4 + 1 for i in range(len(frame))]
    return validate_responses(frame.assign(**columns))


def excluded_people(frame: pd.DataFrame) -> list[str]:
    return sorted(frame.loc[frame["excluded"], "participant"].unique())


def test_too_fast_looks_at_the_median_choice():
    frame, report = apply_rules(timed([0.1, 2.0, 3.0]), [{"rule": "too_fast"}])
    assert excluded_people(frame) == ["a000"]
    assert report == [
        {"rule": "median time per choice below 0.3 s", "threshold": 0.3, "n": 1, "by_arm": {"a": 1}, "declared": True},
    ]


def test_incomplete_and_duplicate_sessions():
    frame = timed([2.0, 2.0])
    frame.loc[frame["participant"] == "a001", "answered"] = False
    frame.loc[frame["participant"] == "a001", "chosen_category"] = ""
    frame = validate_responses(frame.assign(correct=None))
    assert excluded_people(apply_rules(frame, [{"rule": "incomplete", "threshold": 3}])[0]) == ["a001"]
    again = pd.concat([table_4().assign(session="1"), table_4().head(4).assign(session="2")])
    found, report = apply_rules(validate_responses(again), [{"rule": "duplicate"}])
    assert found.loc[found["excluded"], "session"].unique().tolist() == ["2"]
    assert report[0]["n"] == 1


def test_time_outliers_are_far_from_the_others():
    frame = timed([2.0, 2.2, 2.1, 1.9, 2.05, 60.0])
    assert excluded_people(apply_rules(frame, [{"rule": "time_outlier"}])[0]) == ["a005"]
    assert flags(frame)[1]["participants"] == ["a005"]


def test_a_session_counts_for_the_first_rule_and_keeps_an_earlier_reason():
    frame = timed([0.1, 0.1, 2.0, 2.1])
    frame.loc[frame["participant"] == "a000", ["excluded", "exclusion_reason"]] = [True, "by hand"]
    found, report = apply_rules(frame, [{"rule": "too_fast"}, {"rule": "incomplete", "threshold": 9}])
    reasons = dict(found.groupby("participant")["exclusion_reason"].first())
    assert reasons["a000"] == "by hand"
    assert reasons["a001"].startswith("median time")
    assert [rule["n"] for rule in report] == [1, 2]


def test_no_rule_can_look_at_what_is_right():
    right, wrong = timed([0.2, 2.0]), timed([0.2, 2.0])
    wrong["chosen_category"] = wrong.groupby(["participant", "block"])["chosen_category"].transform(
        lambda names: names.iloc[[1, 0, 3, 2]].to_numpy()
    )
    wrong = validate_responses(wrong.assign(correct=None))
    for name in RULES:
        rule = [{"rule": name, "threshold": 2}]
        # Rules on checks and on evidence are not even given the responses.
        checks = right.drop_duplicates("session").assign(
            attention_answered=[5, 5], attention_passed=[1, 5], headphones="failed", headphones_correct=[1, 4],
            **dict.fromkeys(EVIDENCE, [5, 1]),
        )  # fmt: skip
        found = [excluded_people(apply_rules(frame, rule, checks)[0]) for frame in (right, wrong)]
        assert found[0] == found[1]
    with pytest.raises(ResponsesError, match="unknown rule 'low_accuracy'; known are too_fast"):
        apply_rules(right, [{"rule": "low_accuracy", "threshold": 0.2}])


def test_straight_answers_are_flagged_only_when_they_are_not_simply_right():
    positions = {"clip_position": [1, 2, 3, 4] * 6, "image_position": [1, 2, 3, 4] * 6}
    wrong = validate_responses(rows_of([(1, 0, 3, 2)] * 6, blocks=3).assign(**positions))
    assert flags(wrong)[2]["participants"] == ["a000", "a001"]
    right = validate_responses(rows_of([(0, 1, 2, 3)] * 6, blocks=3).assign(**positions))
    assert flags(right)[2]["n"] == 0


def test_empty_arms_have_no_flags():
    empty = validate_responses(table_4()).head(0)
    assert [flag["n"] for flag in flags(empty)] == [0, 0, 0]
    counts = dict.fromkeys((*EVIDENCE, "attention_answered", "attention_passed", "headphones_correct"), 0)
    checks = empty.assign(headphones="", **counts)
    found = apply_rules(empty, [{"rule": name, "threshold": 1} for name in RULES], checks)[1]
    assert [rule["n"] for rule in found] == [0] * len(RULES)


def test_declared_rules_reach_the_report_and_the_comparison_with_everyone():
    study = study_of(exclusion_rules=[{"rule": "too_fast", "threshold": 0.5}])
    result = build_result(timed([0.1, 2.0, 3.0]), study)
    assert result["arms"]["a"]["n_participants"] == 2
    assert result["excluded"]["with"]["a"]["n_participants"] == 3
    assert result["excluded"]["rules"] == [
        {"rule": "median time per choice below 0.5 s", "threshold": 0.5, "n": 1, "by_arm": {"a": 1}, "declared": True}
    ]
    assert (result["flow"]["a"]["excluded_by_rules"], result["flow"]["a"]["analysed"]) == (1, 2)


def test_a_rule_that_concerns_nobody_is_said_in_every_format():
    study = study_of(exclusion_rules=[{"rule": "too_fast", "threshold": 0.5}])
    result = build_result(timed([1.0, 2.0, 3.0]), study)
    assert (result["excluded"]["rules"][0]["n"], result["excluded"]["with"]) == (0, None)
    row = '<th scope="row">median time per choice below 0.5 s</th><td>0</td>'
    assert f'{row}<td class="words">declared before the study opened</td>' in render.html(result)
    assert "| median time per choice below 0.5 s | 0 | declared before the study opened |" in render.markdown(result)
