"""Rules on evidence: who was shown nothing, heard nothing, declared everything, or took no time."""

import pandas as pd
import pytest

from analysis import render
from analysis.errors import ResponsesError
from analysis.exclusion import apply_rules
from analysis.exclusion.registry import load_rule
from analysis.exclusion.rule import Setting
from analysis.participants import summarise_evidence
from analysis.reading import EVIDENCE, validate_responses
from analysis.results.build import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4

# Per participant: what differs from twelve clips heard and twelve images shown.
PEOPLE = {
    "a000": {},
    "a001": {"images_shown": 8, "images_failed": 4},
    "a002": {"images_shown": 11, "images_missed": 1},
    "a003": {"clips_heard": 11, "clips_failed": 1},
    "a004": {"clips_heard": 0, "clips_declared": 12, "images_shown": 0, "images_declared": 12, "boards_impossible": 3},
    "a005": {"clips_heard": 0, "clips_missed": 12},
}


def answers() -> pd.DataFrame:
    return validate_responses(table_4())


def sessions() -> pd.DataFrame:
    frame = answers()
    rows = []
    for participant in sorted(frame["participant"].unique()):
        row = dict.fromkeys(EVIDENCE, 0) | {"clips_heard": 12, "images_shown": 12} | PEOPLE.get(participant, {})
        own = frame[frame["participant"] == participant].iloc[0]
        keys = {"arm": own["arm"], "participant": participant, "session": own["session"], "headphones": ""}
        keys |= {"attention_answered": 0, "attention_passed": 0, "headphones_correct": float("nan")}
        rows.append(keys | {"simulated": False, "browser": "Firefox"} | row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("rule", "threshold", "out"),
    [
        ("not_shown", 0, ["a001", "a002"]),
        ("not_shown", 1, ["a001"]),
        ("not_played", 0, ["a003"]),
        ("declared_only", 0, ["a004"]),
        ("silent", 1, ["a005"]),
        ("silent", 12, ["a003", "a005"]),
        ("impossible", 0, ["a004"]),
        ("impossible", 3, []),
    ],
)
def test_who_is_left_out(rule: str, threshold: int, out: list[str]) -> None:
    frame, report = apply_rules(answers(), [{"rule": rule, "threshold": threshold}], sessions())
    assert sorted(frame.loc[frame["excluded"], "participant"].unique()) == out
    assert report[0]["n"] == len(out)


def test_a_table_without_evidence_is_refused_by_name() -> None:
    old = sessions().drop(columns=list(EVIDENCE))
    with pytest.raises(
        ResponsesError, match="'not_shown', but sessions.csv lacks images_failed, images_missed: export"
    ):
        apply_rules(answers(), [{"rule": "not_shown"}], old)
    assert summarise_evidence(old, ["a"], simulated=False) is None


def test_rules_that_make_no_sense_are_doubted() -> None:
    setting = Setting(trials=3, script_required=True)
    (doubt,) = load_rule("declared_only").judge(0, setting)
    assert "leaves out nobody" in doubt.what
    assert [doubt.fatal for doubt in load_rule("impossible").judge(3, setting)] == [True]
    assert list(load_rule("impossible").judge(0, setting)) == []


def test_the_report_counts_what_reached_people() -> None:
    frame = answers()
    result = build_result(frame, study_of(), sessions=sessions())
    (found,) = (result["evidence"] or {}).values()
    assert {name: n for name, n in found.items() if name.startswith("sessions")} == {
        "sessions": 12,
        "sessions_not_shown": 2,
        "sessions_not_heard": 2,
        "sessions_declared": 1,
        "sessions_impossible": 1,
    }
    assert (found["images_failed"], found["clips_declared"], found["boards_impossible"]) == (4, 12, 3)
    text = render.markdown(result)
    assert "in 2 of 12 sessions with answers an image was not shown" in text
    assert "Firefox 12" in text
    assert "evidence.csv" in render.csv_tables(result)
    without = build_result(frame, study_of())
    assert without["evidence"] is None
    assert "Clips and images that reached people" not in render.markdown(without)
