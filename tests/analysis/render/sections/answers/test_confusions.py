from analysis.render.sections.answers.confusions import CONFUSION, SECTION
from analysis.results import build_result
from tests.analysis.scopes import figures, plain_result, several_boards, tables, words
from tests.analysis.tables import FOUR, rows_of


def test_the_matrix_has_cells_of_print_and_a_form_for_papers():
    table = tables(SECTION, plain_result())["Confusion matrix"]
    assert table.rows[1] == [FOUR[1], "(0/12)", "(7/12)", "(5/12)", "(0/12)"]
    assert table.printed.head == ["", *FOUR]
    assert table.printed.caption.endswith(plain_result()["arms"]["a"]["sentence"])


def test_many_categories_have_numbers_over_their_columns_and_a_map():
    names = tuple(f"Category {n}" for n in range(8))
    people = [tuple((i + (i % 2) * shift) % 8 for i in range(8)) for shift in (0, 2, 4)] * 2
    result = build_result(rows_of(people, names, design="free"))
    arm = next(iter(result["arms"]))
    table = tables(SECTION, result, arm)["Confusion matrix"]
    assert table.head == ["heard", *map(str, range(1, 9)), "total"]
    assert table.rows[0][0] == "1 Category 0"
    assert table.printed.rows[0][1] == "(6/6)"
    plane = figures(SECTION, result, arm)["arm-1-plane"]
    assert "Numbers stand for: 1 Category 0;" in plane.caption
    assert len(plane.data.rows) == 8


def test_pairs_and_single_confusions_are_tested():
    (first, *_) = tables(SECTION, plain_result())["Confused pairs"].rows
    assert first[:2] == [f"{FOUR[1]} – {FOUR[2]}", "10"]
    assert {row[0] for row in tables(SECTION, plain_result())["Single confusions"].rows} == {
        f"{FOUR[1]} → {FOUR[2]}", f"{FOUR[2]} → {FOUR[1]}"
    }  # fmt: skip
    assert "permutes the names" in tables(SECTION, several_boards())["Confused pairs"].caption
    assert "One-sided confusions: none shown" in words(SECTION, plain_result())


def test_the_tidy_table_has_every_cell():
    assert len(CONFUSION.grid(plain_result()).rows) == 16
