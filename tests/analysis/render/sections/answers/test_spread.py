from analysis.render.sections.answers.spread import SECTION
from tests.analysis.scopes import plain_result, several_boards, tables, words


def test_every_estimate_says_what_it_is_or_why_it_is_missing():
    rows = tables(SECTION, plain_result())["Estimates over participants"].rows
    assert [row[0] for row in rows] == [
        "All answers together", "Mean of participants", "Marginal logit (GEE)", "Random intercept",
        "Random intercept above guessing", "Participants and clips resampled",
    ]  # fmt: skip
    assert rows[0][1:4:2] == ["79.2%", "[62.8%, 95.5%]"]
    assert all(len(row) == 5 or len(row) == 2 for row in rows)
    assert "true size at .05 measured as" in rows[1][4]


def test_categories_are_compared_where_each_was_heard_once():
    assert "Do categories differ? Cochran's Q = " in words(SECTION, plain_result())
    assert words(SECTION, several_boards()) == ""
