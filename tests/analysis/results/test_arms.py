import numpy as np
import pandas as pd

from analysis.reading import validate_responses
from analysis.results.arms import arm_answers, arm_core, record, select_arm
from tests.analysis.tables import FOUR, rows_of, table_2, table_4

FACTS = {"stimulus_set": "set-a", "stimuli": [{}, {}]}


def arm_of(frame, arm="a"):
    return select_arm(validate_responses(frame), arm, FOUR)


def sensitivity_of(frame):
    chosen = arm_of(frame)
    return arm_answers(chosen, arm_core(chosen, None, confidence=0.95))["sensitivity"]


def test_the_core_counts_what_the_rows_hold():
    core = arm_core(arm_of(table_4()), FACTS, confidence=0.95)
    assert (core["n_participants"], core["n_blocks"], core["n_answers"], core["board"]) == (12, 12, 48, 4)
    assert (core["stimulus_set"], core["n_stimuli"], core["n_clips"]) == ("set-a", 2, None)
    assert core["blocks_per_participant"] == {"min": 1, "max": 1}
    assert core["row_totals"] == [12] * 4
    assert sum(p["correct"] for p in core["participants"]) == core["overall"]["correct"] == 38
    assert core["overall"]["null"]["max"] == 48


def test_rows_of_other_arms_are_left_to_them():
    two = rows_of([(0, 1, 2, 3)]).assign(arm="b")
    frame = validate_responses(pd.concat([table_4(), two]))
    assert len(select_arm(frame, "b", FOUR).rows) == 4
    assert select_arm(frame, "a", FOUR).answers.n_answers == 48


def test_d_prime_exists_or_says_why_not():
    assert sensitivity_of(table_4())["status"] == "ok"
    nothing = {"d_prime": None, "ci_low": None, "ci_high": None}
    right = sensitivity_of(rows_of([(0, 1, 2, 3)] * 3))
    assert right == nothing | {"task": "one_to_one", "status": "degenerate", "reason": right["reason"]}
    assert "above chance and below 1" in right["reason"]
    assert "infinite" in sensitivity_of(rows_of([(0, 1, 2, 3)] * 3, design="free"))["reason"]
    assert sensitivity_of(rows_of([(0, 1), (1, 3)], n_options=6))["status"] == "not_applicable"
    assert sensitivity_of(table_2().head(0))["reason"].startswith("Boards of one size")


def test_what_is_not_there_is_null():
    chosen = arm_of(table_4())
    found = arm_answers(chosen, arm_core(chosen, None, confidence=0.95))
    assert (found["times"], found["confidence"], found["crossed"]) == (None, None, None)
    assert record(None) is None
    assert np.isfinite(found["information"]["most"])
