from copy import deepcopy

from analysis.render.sections.study.taking_part import SECTION
from analysis.results import build_result
from tests.analysis.scopes import figures, plain_result, tables, two_arms, words
from tests.analysis.tables import table_4


def test_the_flow_is_counted_and_drawn():
    picture = figures(SECTION, plain_result(), "")["flow"]
    assert "a: 14 started, 1 withdrew, 1 not finished, 0 excluded, 0 left out" in picture.alt
    (row,) = tables(SECTION, plain_result(), "")["Flow of participants"].rows
    assert row == ["Sessions", "14", "12", "1", "1", "0", "0", "12"]


def test_sessions_beyond_the_quota_are_counted_apart():
    result = deepcopy(plain_result())  # other tests read the same one
    result["flow"]["a"] = {**result["flow"]["a"], "completed": 10, "surplus": 2}
    assert "a: 14 started, 2 surplus, 1 withdrew" in figures(SECTION, result, "")["flow"].alt
    table = tables(SECTION, result, "")["Flow of participants"]
    assert dict(zip(table.head, table.rows[0], strict=True))["Surplus"] == "2"


def test_what_is_not_recorded_is_neither_drawn_nor_counted():
    result = build_result(table_4())
    assert figures(SECTION, result, "") == {}
    assert tables(SECTION, result, "")["Flow of participants"].rows[0][1:5] == ["–"] * 4
    assert "No session with answers was excluded" in words(SECTION, result, "")


def test_what_exclusions_change_stands_without_and_with_them():
    found = tables(SECTION, two_arms(), "")
    assert found["Exclusions"].rows == [["too fast", "1", "stated in the data"]]
    both = found["Results with excluded sessions"].rows
    assert [row[0] for row in both] == [
        "x, without excluded",
        "x, with excluded",
        "a, without excluded",
        "a, with excluded",
    ]
    assert both[2][1:3] != both[3][1:3]
