from analysis.render.sections.answers.chance import NULL_LAW, OVERALL, SECTION
from analysis.results import build_result
from tests.analysis.scopes import figures, plain_result, tables, words
from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, rows_of


def test_all_matches_stand_with_test_interval_and_theta():
    rows = {row[0]: row[1:] for row in tables(SECTION, plain_result())["All matches"].rows}
    assert rows["Correct matches"] == ["38 of 48", "79.2% of clips"]
    assert rows["Expected at random"] == ["12", "sd 3.46, exact law; significant at .05 from 19 on"]
    assert rows["p, one-sided"][0] == "6.31 × 10⁻¹⁰"
    assert rows["Known clips, theta"][0] == ".57 [.38, .82]"
    assert rows["Participants"][1] == "12 boards, 1 each, 48 answers"
    assert words(SECTION, plain_result()).startswith("Participants matched 38 of 48 clips (79.2%)")


def test_the_law_is_drawn_with_every_total_behind_it():
    picture = figures(SECTION, plain_result())["arm-1-null"]
    assert "38 (observed)" in [row[0] for row in picture.data.rows]
    assert picture.alt.endswith("19 and more are significant at .05. Observed: 38.")


def test_where_no_law_exists_nothing_is_drawn():
    result = build_result(rows_of([(0,)] * 3, FOUR[:1]), study_of(categories=FOUR[:1]))
    assert figures(SECTION, result) == {}
    assert NULL_LAW.grid(result).rows == []


def test_the_tidy_tables_hold_the_document_s_values():
    (row,) = OVERALL.grid(plain_result()).rows
    found = dict(zip(OVERALL.columns, row, strict=True))
    whole = plain_result()["arms"]["a"]["overall"]
    assert (found["p_value"], found["theta"]) == (whole["p_value"], whole["theta"]["theta"])
    assert sum(row[2] for row in NULL_LAW.grid(plain_result()).rows) > 0.99
