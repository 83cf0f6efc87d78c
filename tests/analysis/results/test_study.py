import pandas as pd
import pytest

from analysis.errors import ResponsesError
from analysis.reading import validate_responses
from analysis.results.notes import Notes
from analysis.results.study import (
    count_flow,
    find_categories,
    find_design,
    find_exclusion_rules,
    keep_one_kind,
    make_banners,
    name_arms,
    study_facts,
)
from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, table_4


@pytest.fixture
def frame():
    return validate_responses(table_4())


def test_design_categories_and_arms_come_from_the_study_or_the_rows(frame):
    assert (find_design(frame, {}), find_design(frame.head(0), {"design": "free"})) == ("one_to_one", "free")
    assert find_categories(frame, {}) == FOUR
    assert find_categories(frame, {"categories": FOUR[::-1]}) == FOUR[::-1]
    assert (name_arms(frame, {}), name_arms(frame.head(0), {})) == (["a"], ["all"])
    with pytest.raises(ResponsesError, match="line 2, column 'arm': 'a' is not an arm"):
        name_arms(frame, study_of(arms=("b",)))


def test_people_and_programs_are_never_mixed(frame):
    notes = Notes()
    machine = frame.assign(simulated=True, session="m")
    kept, simulated = keep_one_kind(pd.concat([frame, machine]), {}, notes)
    assert (len(kept), simulated) == (48, False)
    assert notes.texts == ["1 simulated session left out: simulated and human answers are never mixed."]
    assert keep_one_kind(machine, {}, notes)[1] is True


def test_sessions_are_counted_from_start_to_analysis(frame):
    out = frame.assign(excluded=frame["participant"] == "a000", exclusion_reason="too fast")
    flow = count_flow(out, {}, 0)
    assert (flow["started"], flow["excluded"], flow["with_answers"], flow["analysed"]) == (None, 1, 12, 11)
    assert count_flow(out, {"flow": {"started": 14, "excluded": 2}}, 3)["excluded_by_rules"] == 3
    assert find_exclusion_rules(out, set()) == [{"rule": "too fast", "threshold": None, "n": 1, "declared": False}]
    assert find_exclusion_rules(out, {"too fast"}) == []


def test_a_study_has_a_title_and_marks(frame):
    assert study_facts(frame, {}, False)["title"] == "Matching study"
    assert study_facts(frame, {"slug": "s"}, True)["simulated"] is True
    assert [banner["kind"] for banner in make_banners({"interim": True}, True)] == ["simulated", "interim"]
    assert make_banners({}, False) == []
