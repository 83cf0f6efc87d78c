import pandas as pd
import pytest

from analysis.errors import ResponsesError
from analysis.exclusion import apply_rules, needs_sessions
from analysis.reading.sessions import read_sessions
from tests.analysis.exclusion.test_applying import excluded_people, timed

HEADER = "arm,participant,session,attention_answered,attention_passed,headphones,headphones_correct"


def write(path, *lines):
    target = path / "sessions.csv"
    target.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    return target


def sessions_of(frame, **columns):
    table = frame.drop_duplicates(["arm", "participant", "session"])[["arm", "participant", "session"]]
    defaults = {"attention_answered": 1, "attention_passed": 1, "headphones": "passed", "headphones_correct": 6.0}
    defaults["simulated"] = False
    return table.assign(**(defaults | columns)).reset_index(drop=True)


def test_sessions_are_read_with_empty_counts(tmp_path):
    table = read_sessions(write(tmp_path, "a,p1,s1,2,1,failed,3", "a,p2,s2,0,0,,"))
    assert table["headphones"].tolist() == ["failed", ""]
    assert table["attention_passed"].tolist() == [1, 0]
    assert pd.isna(table["headphones_correct"].iloc[1])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a,p1,s1,2,x,failed,3", "line 2, column 'attention_passed': 'x' is not a whole number of 0 or more"),
        ("a,p1,s1,-2,1,failed,3", "column 'attention_answered': '-2' is not"),
        ("a,p1,s1,2,1,perhaps,3", "column 'headphones': 'perhaps' is not passed, failed or skipped"),
    ],
)
def test_what_is_no_session_is_named(tmp_path, line, words):
    with pytest.raises(ResponsesError, match=words):
        read_sessions(write(tmp_path, line))


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(ResponsesError, match="no such file. The exclusion rules of study.json need it"):
        read_sessions(tmp_path / "sessions.csv")
    (tmp_path / "sessions.csv").write_text("arm,participant,session\n")
    with pytest.raises(ResponsesError, match="column 'attention_answered', 'attention_passed', 'headphones_correct'"):
        read_sessions(tmp_path / "sessions.csv")
    (tmp_path / "sessions.csv").write_text("")
    with pytest.raises(ResponsesError, match="not a table"):
        read_sessions(tmp_path / "sessions.csv")


def test_attention_counts_what_was_answered_and_failed():
    frame = timed([2.0, 2.0, 2.0])
    table = sessions_of(frame, attention_answered=[2, 2, 0], attention_passed=[1, 0, 0])
    for threshold, people in ((0, ["a000", "a001"]), (1, ["a001"]), (2, [])):
        rule = [{"rule": "attention", "threshold": threshold}]
        assert excluded_people(apply_rules(frame, rule, table)[0]) == people
    assert excluded_people(apply_rules(frame, [{"rule": "attention"}], table)[0]) == ["a000", "a001"]


def test_headphones_skipped_count_as_none_right_and_not_screened_as_unknown():
    frame = timed([2.0, 2.0, 2.0, 2.0])
    table = sessions_of(
        frame, headphones=["passed", "failed", "skipped", ""], headphones_correct=[5.0, 4.0, None, None]
    )
    found, report = apply_rules(frame, [{"rule": "headphones"}], table)
    assert excluded_people(found) == ["a001", "a002"]
    assert report[0]["rule"] == "fewer than 5 of 6 headphone sounds right"
    assert excluded_people(apply_rules(frame, [{"rule": "headphones", "threshold": 4}], table)[0]) == ["a002"]


def test_rules_on_checks_say_what_they_need():
    rules = [{"rule": "too_fast"}, {"rule": "attention"}]
    assert [needs_sessions(some) for some in (rules, rules[:1], [{"rule": "other"}])] == [True, False, False]
    with pytest.raises(ResponsesError, match="'attention', which reads sessions.csv: put the sessions.csv"):
        apply_rules(timed([2.0]), rules)
