from analysis.render.sections.answers.categories import SECTION
from tests.analysis.scopes import figures, plain_result, tables, two_arms, words
from tests.analysis.tables import FOUR


def test_every_category_has_its_counts_interval_and_p():
    table = tables(SECTION, plain_result())["Categories"]
    assert table.head == [
        "Category", "Correct", "95% interval", "Chance", "Chance left", "p against it", "p", "p (Holm)", "p (joint)"
    ]  # fmt: skip
    assert table.rows[1][:2] == [FOUR[1], "(7/12) 58.3%"]
    assert table.rows[1][1].value == 7 / 12
    assert "once Baroque Classical symbolism and Asian traditional folklore, which everybody matched" in table.caption


def test_papers_have_a_form_of_their_own_with_the_arm_in_its_caption():
    printed = tables(SECTION, two_arms())["Categories"].printed
    assert printed.head[-2:] == ["𝑝", "𝑝 (Holm)"]
    assert printed.rows[1][:3] == [FOUR[1], "(6/11)", "54.5%"]
    assert "per category in arm a, with Wilson intervals" in printed.caption
    assert "per category, with" in tables(SECTION, plain_result())["Categories"].printed.caption


def test_pairs_that_alone_were_open_are_told_apart_or_not():
    row, *_ = tables(SECTION, plain_result())["Pairs told apart"].rows
    assert row[0] == f"{FOUR[1]} – {FOUR[2]}"
    assert row[1] == "(7/12)"
    assert "Once these are known" in words(SECTION, plain_result())


def test_the_forest_says_every_share():
    alt = figures(SECTION, plain_result())["arm-1-forest"].alt
    assert f"{FOUR[1]} 58%" in alt
