from analysis.render.sections.study.comparisons import COMPARISONS, SECTION
from tests.analysis.scopes import figures, plain_result, scope_of, tables, two_arms, words


def test_two_arms_have_a_sentence_a_row_and_a_figure():
    result = two_arms()
    (comparison,) = result["comparisons"]
    assert words(SECTION, result, "").startswith(comparison["sentence"])
    (row,) = tables(SECTION, result, "")["Comparisons of arms"].rows
    assert row[:2] == ["x – a", "12 and 11"]
    assert "x minus a" in figures(SECTION, result, "")["differences"].alt
    assert "Categories of x and a" in tables(SECTION, result, "")


def test_one_arm_has_nothing_to_compare():
    assert not SECTION.shown(scope_of(plain_result(), ""))
    assert SECTION.shown(scope_of(two_arms(), ""))
    assert COMPARISONS.grid(plain_result()).rows == []


def test_the_tidy_table_has_the_matrix_test_too():
    (row,) = COMPARISONS.grid(two_arms()).rows
    assert row[-1] == two_arms()["comparisons"][0]["matrix"]["p_value"]
