from analysis import render
from analysis.participants.checks import MISSING, summarise_checks
from analysis.results.build import build_result
from tests.analysis.exclusion.test_applying import timed
from tests.analysis.reading.test_sessions import sessions_of
from tests.analysis.studies import study_of


def test_checks_are_counted_of_one_kind_of_participant():
    frame = timed([2.0, 2.0, 2.0, 2.0])
    table = sessions_of(
        frame,
        attention_answered=[2, 2, 0, 1],
        attention_passed=[2, 0, 0, 1],
        headphones=["passed", "skipped", "", "failed"],
        simulated=[False, False, False, True],
    )
    assert summarise_checks(table, ["a"], simulated=False) == {
        "a": {
            "sessions": 2,
            "attention_answered": 4,
            "attention_passed": 2,
            "attention_failed_sessions": 1,
            "headphones": {"passed": 1, "failed": 0, "skipped": 1},
        }
    }
    assert summarise_checks(table.iloc[2:3], ["a"], simulated=False) is None


def test_checks_stand_in_every_format_or_are_said_to_be_missing():
    frame = timed([2.0, 2.0, 2.0])
    study = study_of(attention_boards=1, headphone_check="record")
    result = build_result(frame, study, sessions=sessions_of(frame, attention_passed=[1, 0, 1]))
    assert result["checks"]["a"]["attention_passed"] == 2
    for page in (render.html(result), render.markdown(result)):
        assert "Attention checks passed" in page
        assert "2/3" in page
    missing = build_result(frame, study)
    assert (missing["checks"], MISSING in missing["warnings"]) == (None, True)
    assert MISSING not in build_result(frame, study_of())["warnings"]
