"""Names: tidy, refused, read, and said to be alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.names import MISSING, NameProblem, check_text, clean_name, find_change, group_alike, read_name, show_text

# Also halves of surrogate pairs, which file systems and JSON bring in.
ANY = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Heavy metal ", "Heavy metal"),
        ("\u00a0Jazz\u2007\u200b", "Jazz"),
        ("\ufeffJazz\u2060\n", "Jazz"),
        ("Cafe\u0301", "Café"),
        ("民謡", "民謡"),
        ("R&B <b>soul</b>", "R&B <b>soul</b>"),
        ("\u202eltr עברית", "\u202eltr עברית"),
        ("2.0", "2.0"),
        ("post-rock", "post-rock"),
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_a_name_is_written_in_one_way(text, name):
    assert clean_name(text) == read_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Jazz\x07bell", "holds the control character U+0007; take it out"),
        ("Jazz\x00x", "holds the control character U+0000; take it out"),
        ("Heavy\nmetal", "holds the control character U+000A; take it out"),
        ("Jazz\u2028", None),
        ("Ja\u2028zz", "holds the control character U+2028; take it out"),
        ("caf\udce9", "holds half of a character U+DCE9; take it out"),
        ("Jazz\uffff", "holds the control character U+FFFF; take it out"),
        ("=1+1", 'begins with "=", which spreadsheets take for a formula; rename it'),
        (" @home", 'begins with "@", which spreadsheets take for a formula; rename it'),
        ("＝1", 'begins with "＝", which spreadsheets take for a formula; rename it'),
        ("NA", 'is "NA", which R and pandas read as no value; rename it'),
        ("nan ", 'is "nan", which R and pandas read as no value; rename it'),
        ("\u200e", "holds nothing that can be seen; rename it"),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_the_reason(text, reason):
    if reason is None:
        assert clean_name(text) == "Jazz"
        return
    with pytest.raises(NameProblem) as error:
        clean_name(text)
    assert str(error.value) == reason


def test_a_text_may_have_lines():
    assert check_text("Line one\nline\ttwo") == "Line one\nline\ttwo"
    with pytest.raises(NameProblem, match=r"U\+0000"):
        check_text("a\x00b")


def test_what_is_no_text_is_shown_by_its_code():
    assert read_name("Jazz\x07bell ") == "Jazz[U+0007]bell"
    assert read_name("Heavy\nmetal") == "Heavy metal"
    assert show_text("one\ntwo\x1b[31m\ud800") == "one\ntwo[U+001B][31m[U+D800]"


def test_words_for_no_value_are_those_of_pandas():
    from pandas._libs.parsers import STR_NA_VALUES

    assert {*MISSING, ""} == set(STR_NA_VALUES)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        *((name, "a number") for name in ("001", "1e5", "1234567890123456", "50%", "1,5")),
        *((name, "a date or time") for name in ("1-2", "1/2", "2.0", "MARCH1", "SEPT2", "May 5", "12:30")),
        ("true", "a truth value"),
        *((name, "") for name in ("12", "0", "TRUE", "Jazz", "post-rock", "1990s", "Studio 54", "U2")),
    ],
)
def test_names_that_a_spreadsheet_makes_something_else_of(name, change):
    assert find_change(name) == change


def test_names_that_read_alike_are_grouped():
    names = [
        "jazz",
        "Pop",
        "Jazz",
        "JA ZZ",
        "Café",
        "Рор",
        "J\u200bazz",
        "Metal",
        "Level I",
        "Level l",
        "Level 1",
        "Cafe",
    ]
    assert group_alike(names) == [
        ["jazz", "Jazz", "JA ZZ", "J\u200bazz"],
        ["Pop", "Рор"],
        ["Level I", "Level l", "Level 1"],
    ]
    assert group_alike(["jazz", "jazz", "Metal"]) == []


@given(ANY)
def test_any_text_is_refused_in_one_line_or_a_name_for_good(text):
    try:
        name, problem = clean_name(text), ""
    except NameProblem as error:
        name, problem = "", str(error)
    assert len(problem.splitlines()) <= 1
    assert problem.isprintable()
    assert clean_name(name) == name == read_name(name)
    assert unicodedata.is_normalized("NFC", name)
    name.encode()


@given(ANY)
def test_any_text_can_be_read_and_shown(text):
    name = read_name(text)
    assert read_name(name) == name
    name.encode()
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name)
