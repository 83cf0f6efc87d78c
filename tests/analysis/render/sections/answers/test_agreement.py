from analysis.render.sections.answers.agreement import COEFFICIENTS, SECTION
from tests.analysis.scopes import plain_result, tables
from tests.analysis.tables import FOUR


def test_accuracy_and_every_coefficient_stand_in_one_table():
    table = tables(SECTION, plain_result())["Agreement"]
    names = [name for name, _ in COEFFICIENTS.values()]
    assert [row[0] for row in table.rows] == [*names, "Information, bits"]
    assert table.rows[0][1].startswith(".72 [.50, .94]")
    assert "(4 units, N = 12)" in table.caption


def test_what_was_chosen_most_stands_beside_what_is_right():
    rows = tables(SECTION, plain_result())["Accuracy beside agreement"].rows
    assert rows[1] == [FOUR[1], "(7/12) 58.3%", FOUR[1], "(7/12) 58.3%"]


def test_the_tidy_table_has_accuracy_first():
    (table,) = SECTION.tables
    grid = table.grid(plain_result())
    assert [row[1] for row in grid.rows] == list(COEFFICIENTS)
