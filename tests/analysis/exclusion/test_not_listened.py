"""Who heard too little of a clip."""

import numpy as np
import pytest

from analysis.errors import ResponsesError
from analysis.exclusion import apply_rules
from analysis.exclusion.not_listened import concerns, judge
from analysis.exclusion.rule import Setting
from tests.analysis.exclusion.test_applying import excluded_people, timed


def test_not_listened_needs_its_threshold():
    frame = timed([2.0, 2.0]).assign(listened_ms=6000.0)
    frame.loc[3, "listened_ms"] = 900.0
    found, report = apply_rules(frame, [{"rule": "not_listened", "threshold": 5}])
    assert excluded_people(found) == ["a000"]
    assert report[0]["rule"] == "a clip answered after less than 5 s of listening"
    with pytest.raises(ResponsesError, match="'not_listened' needs a number"):
        apply_rules(frame, [{"rule": "not_listened"}])


def test_one_clip_heard_too_short_is_enough_and_unknown_listening_is_not_judged():
    frame = timed([2.0, 2.0, 2.0]).assign(listened_ms=6000.0)
    frame.loc[frame["participant"] == "a001", "listened_ms"] = np.nan
    frame.loc[frame.index[-1], "listened_ms"] = 4999.0
    assert sorted(key[1] for key in concerns(frame, 5)) == ["a002"]
    frame.loc[frame.index[-1], "answered"] = False
    assert len(concerns(frame, 5)) == 0


def test_less_than_the_page_lets_nobody_go_on_before_is_doubted():
    setting = Setting(trials=1, shortest_clip_s=10, heard_at_least_s=5, tolerance_s=0.25)
    told = {number: [doubt.what for doubt in judge(number, setting)] for number in (4.75, 5, 5.5, 10.5)}
    assert told == {
        4.75: ["leaves out only people whose clip failed: the page lets nobody else go on before 4.75 s."],
        5: ["is stricter than the page, which lets people go on from 4.75 s on (players round)."],
        5.5: [],
        10.5: ["leaves out everybody who gets the shortest clip (10.0 s)."],
    }
