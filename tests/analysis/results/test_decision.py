"""What a reader may decide by."""

from math import exp, log10

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.evalues import AnsweredBoard, log_e_value
from analysis.reading.answers import answers_from
from analysis.results import build_result
from analysis.results.decision import judge_arm, judge_difference, weigh
from tests.analysis.scopes import plain_result, two_arms
from tests.analysis.studies import study_of
from tests.analysis.tables import rows_of, table_4


def test_the_e_value_is_that_of_the_boards_in_the_rows():
    rows = [(0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (0, 1, 2, 3)] * 2
    found = weigh(answers_from(rows_of(rows, blocks=2)))
    boards = [AnsweredBoard((0, 1, 2, 3), row, 4) for row in rows]
    pairs = [boards[i : i + 2] for i in range(0, 8, 2)]
    assert found["e_value"] == pytest.approx(exp(log_e_value(pairs, design="one_to_one")), rel=1e-9)
    assert (found["n_participants"], found["trajectory"]) == (4, [])
    assert found["log10"] == pytest.approx(log10(found["e_value"]), rel=1e-12)


def test_its_meaning_stands_in_one_sentence():
    found = plain_result()["arms"]["a"]["e_value"]
    assert found["sentence"].startswith("E-value 10⁷: if the images told people nothing of what they hear")
    assert 7 <= found["log10"] < 8
    assert "mapping or favourites" in found["sentence"]
    much = weigh(answers_from(rows_of([(0, 1, 2, 3)] * 300)))
    assert (much["log10"] > 308, much["e_value"]) == (True, None)
    assert much["sentence"].startswith("E-value above 10¹²: ")
    assert "at most 1 of 10¹² studies" in much["sentence"]
    few = weigh(answers_from(rows_of([(0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 2, 3)])))
    size = float(few["sentence"].partition("E-value ")[2].partition(":")[0].replace(",", ""))
    assert 0.9 * few["e_value"] <= size <= few["e_value"]
    assert weigh(answers_from(rows_of([(1, 0, 3, 2)] * 5)))["sentence"].startswith("E-value 0.05: no evidence that")
    assert weigh(answers_from(rows_of([(None,) * 4] * 3)))["status"] == "too_small"


def test_its_way_follows_the_arrival_of_sessions_and_ends_where_it_ends():
    frame = table_4()
    names = list(frame["participant"].unique())
    answers = answers_from(frame)
    there, back = weigh(answers, names), weigh(answers, names[::-1])
    assert len(there["trajectory"]) == 12
    assert there["trajectory"][-1] == pytest.approx(back["trajectory"][-1]) == pytest.approx(there["log10"])
    assert there["trajectory"] != back["trajectory"]
    assert weigh(answers, names[:-1])["trajectory"] == []  # somebody of whom nothing is known


@given(low=st.floats(-1, 1), width=st.floats(0, 1), value=st.floats(0.01, 0.99))
def test_a_verdict_is_where_the_interval_lies(low, width, value):
    high = low + width
    declared = {"scale": "share", "value": value}
    difference = {"difference": (low + high) / 2, "ci_low": low, "ci_high": high}
    found = judge_difference(difference, declared)["verdict"]
    assert (found == "no_larger") == (max(abs(low), abs(high)) < value)
    assert (found == "larger") == (low > value or high < -value)
    mirrored = {"difference": 0.0, "ci_low": -high, "ci_high": -low}
    assert judge_difference(mirrored, declared)["verdict"] == found
    whole = {"total": 4, "expected": 1.0, "rate": 0.5, "ci_low": low + 0.25, "ci_high": high + 0.25}
    arm = judge_arm(whole, declared)["verdict"]
    if abs(high - value) > 1e-9 and abs(low - value) > 1e-9:
        assert (arm == "larger", arm == "no_larger") == (low > value, high < value)


def test_verdicts_use_the_intervals_that_the_report_gives():
    study = study_of(smallest_effect={"scale": "share", "value": 0.1})
    arm = build_result(table_4(), study)["arms"]["a"]
    found = arm["smallest_effect"]
    assert (found["verdict"], found["ci_low"]) == ("larger", pytest.approx(arm["overall"]["ci_low"] - 0.25))
    theta = {"scale": "theta", "value": 0.5}
    found = build_result(table_4(), study_of(smallest_effect=theta))["arms"]["a"]["smallest_effect"]
    assert (found["verdict"], found["effect"]) == ("undecided", pytest.approx(0.567618, abs=1e-6))
    assert plain_result()["arms"]["a"]["smallest_effect"] is None
    assert two_arms()["comparisons"][0]["smallest_effect"] is None


def test_arms_are_not_judged_on_theta_nor_without_an_interval():
    found = judge_difference({}, {"scale": "theta", "value": 0.1})
    assert (found["verdict"], found["status"]) == (None, "not_applicable")
    none = build_result(rows_of([(None,) * 4] * 3), study_of(smallest_effect={"scale": "share", "value": 0.1}))
    assert none["arms"]["a"]["smallest_effect"]["sentence"].startswith("There is no interval")


def test_people_with_many_boards_are_each_one_mapping():
    rows = [(0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3), (1, 2, 3, 0)] * 2
    one = rows_of(rows, blocks=10)
    many = pd.concat([one.assign(participant=f"p{i}") for i in range(100)], ignore_index=True)
    found = weigh(answers_from(many))
    assert found["n_participants"] == 100
    assert found["log10"] > 10
