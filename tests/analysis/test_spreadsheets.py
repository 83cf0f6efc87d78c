"""CSV as other programs write it, and cells that survive them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.spreadsheets import (
    SheetProblem,
    SheetWriter,
    cell,
    encode,
    guard,
    read_cell,
    read_number,
    read_sheet,
    read_truth,
)

COLUMNS = ("participant", "block")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [False, True])
def test_any_separator_line_end_and_mark_are_read(separator, end, bom):
    lines = [separator.join(row) for row in (["participant", " block"], ["p1", "1"], ["p2", '"a, b; c"'])]
    sheet = read_sheet(encode(end.join(lines) + end, bom=bom), columns=COLUMNS)
    assert (sheet.header, sheet.rows) == (["participant", "block"], [["p1", "1"], ["p2", "a, b; c"]])


def test_lines_are_those_of_the_file():
    sheet = read_sheet(b'sep=;\r\nparticipant;block\r\np1;"a\nb"\r\n\r\np2\r\n', columns=COLUMNS)
    assert sheet.rows == [["p1", "a\nb"], ["p2", ""]]
    assert sheet.lines == [3, 6]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("participant,block\n".encode("utf-16"), "is UTF-16 text, which spreadsheets call Unicode text"),
        ("participant,block\n".encode("utf-16-le"), "is UTF-16 text"),
        (
            "participant,block\ncafé,1\n".encode("latin-1"),
            r"is not UTF-8 text \(byte 21, line 2\); save it as CSV UTF-8",
        ),
        (b'participant,block\np1,"1\np2,2\n', "cannot be read from line 2 on: a quote is opened and never closed"),
        (b'participant,block\np1,1\np2,"a"b\n', "line 3 on: text stands behind a closing quote"),
        (b'"participant,block"\n"p1,1"\n', "has whole lines in quotes"),
        (b"participant,block\np1,1\np2,2,3\n", "row 3 has more fields than the header"),
        (b"participant,participant\np1,1\n", "has the column participant twice"),
        (b"participant,block\np1," + b"x" * 200_000, "cannot be read from line 2 on: field larger"),
    ],
)
def test_what_is_no_table_is_named_with_its_line(data, words):
    with pytest.raises(SheetProblem, match=words) as error:
        read_sheet(data, columns=COLUMNS)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["=1+1", "+x", "-y", "@z", "'=x", "''-x", "\tx", "\r=x", "＝1"])
def test_no_cell_runs_and_every_text_comes_back(text):
    assert guard(text) == cell(text) == "'" + text
    assert read_cell(cell(text)) == text


def test_numbers_and_other_texts_stay_what_they_are():
    assert [cell(value) for value in (-1, -0.5, True, False, None, "Jazz", "'quoted'", "a=b", "")] == [
        *(-1, -0.5, 1, 0, "", "Jazz", "'quoted'", "a=b", "")
    ]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5), st.booleans())
def test_what_we_write_we_read_back(rows, bom):
    text = io.StringIO()
    writer = SheetWriter(text)
    for row in (COLUMNS, *rows):
        writer.write(map(cell, row))
    sheet = read_sheet(encode(text.getvalue(), bom=bom), columns=COLUMNS)
    assert sheet.rows == rows
    written = [value for row in csv.reader(io.StringIO(text.getvalue(), newline="")) for value in row]
    assert not any(value.startswith(tuple("=+-@\t\r")) for value in written)


@pytest.mark.parametrize("text", ["true", "TRUE", "True", "T", "1", "1.0", "1,0", " true "])
def test_what_is_true_is_read_as_programs_write_it(text):
    assert read_truth(text) is True


@pytest.mark.parametrize("text", ["false", "FALSE", "f", "0", "0.0", "0,0"])
def test_what_is_false_too(text):
    assert read_truth(text) is False


def test_no_value_is_none_and_other_words_are_neither():
    assert [read_truth(text) for text in ("", "NA", "None", "nan", "<NA>", "NULL")] == [None] * 6
    with pytest.raises(ValueError, match="neither true nor false"):
        read_truth("maybe")


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("3.0", 3), ("3,0", 3), ("1e3", 1000), ("", None), ("NA", None), ("-0.5", -0.5), ("-0,5", -0.5)],
)
def test_numbers_are_read_with_a_point_or_a_comma(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["1.234", "12,000", "1.234.567"])
def test_a_number_that_may_be_in_thousands_is_not_guessed(text):
    with pytest.raises(ValueError, match="may be in thousands"):
        read_number(text)


@pytest.mark.parametrize("text", ["four", "1_000", "1,2,3"])
def test_other_texts_are_no_numbers(text):
    with pytest.raises(ValueError, match="could not convert"):
        read_number(text)


@given(st.binary(max_size=60) | st.text(alphabet="participantblock,;\t|\"'\r\n\0=-NA1.é", max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_refused_in_one_line(data):
    try:
        refusal = ""
        sheet = read_sheet(data, columns=COLUMNS)
        assert all(len(row) == len(sheet.header) for row in sheet.rows)
    except SheetProblem as error:
        refusal = str(error)
    assert len(refusal.splitlines()) <= 1
