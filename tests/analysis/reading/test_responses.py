import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ResponsesError
from analysis.reading.responses import COLUMNS, read_responses, read_study, validate_responses
from analysis.spreadsheets import cell, encode
from tests.analysis.damage import damaged
from tests.analysis.tables import rows_of, table_4

EXACT = [
    "study", "arm", "participant", "session", "simulated", "block", "trial_index", "design", "n_clips", "n_options",
    "clip", "clip_category", "clip_position", "chosen_stimulus", "chosen_category", "image_position", "correct",
    "rt_ms", "choice_ms", "choice_order", "n_changes", "play_count", "listened_ms", "confidence", "answered",
    "excluded", "exclusion_reason",
]  # fmt: skip


def test_columns_are_those_of_the_export_in_its_order():
    assert list(COLUMNS) == EXACT
    from studyserver.studies.exports.dictionary import COLUMNS as exported

    assert [column.name for column in exported] == EXACT


def test_a_short_table_gets_every_column_with_its_default():
    frame = validate_responses(table_4())
    assert list(frame.columns) == EXACT
    assert frame["correct"].sum() == 38
    assert frame["n_clips"].unique().tolist() == [4]
    assert (frame["simulated"].any(), frame["excluded"].any(), frame["answered"].all()) == (False, False, True)
    assert frame["session"].tolist() == frame["participant"].tolist()


def test_validating_twice_changes_nothing():
    once = validate_responses(table_4())
    pd.testing.assert_frame_equal(validate_responses(once), once)


@pytest.mark.parametrize("column", ["rt_ms", "confidence", "play_count", "answered", "excluded"])
def test_columns_that_are_typed_already_are_read_as_their_texts_are(column):
    typed = validate_responses(table_4())
    typed[column] = typed[column].where(np.arange(len(typed)) % 3 > 0, typed[column].iloc[0])
    if column in ("rt_ms", "confidence", "play_count"):
        typed[column] = np.where(np.arange(len(typed)) % 2, 7.0, np.nan)
    texts = typed.assign(**{column: typed[column].astype(object).where(typed[column].notna(), "").astype(str)})
    pd.testing.assert_frame_equal(validate_responses(typed), validate_responses(texts))


@pytest.mark.parametrize(
    ("value", "words"), [(-1.0, "-1.0 is not a whole number from 0 on"), (0.5, "0.5 is"), (np.inf, "inf is")]
)
def test_a_number_that_is_none_is_refused_in_a_typed_column_too(value, words):
    typed = validate_responses(table_4())
    typed.loc[2, "rt_ms"] = value
    with pytest.raises(ResponsesError, match=f"line 4, column 'rt_ms': .*{words}"):
        validate_responses(typed)


def test_a_category_may_be_named_like_a_missing_value(tmp_path):
    path = tmp_path / "responses.csv"
    rows_of([(1, 0)], ["NA", "null"]).to_csv(path, index=False)
    assert read_responses(path)["clip_category"].tolist() == ["NA", "null"]


def test_columns_may_come_in_any_order_with_more_beside_them(tmp_path):
    path = tmp_path / "responses.csv"
    table_4().assign(remark="x").iloc[:, ::-1].to_csv(path, index=False)
    assert list(read_responses(path).columns) == EXACT


def test_an_empty_table_with_a_header_is_valid(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text(",".join(EXACT) + "\n")
    assert len(read_responses(path)) == 0


def edited(column, row, value):
    frame = validate_responses(table_4()).astype(object)
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table_4().drop(columns=["participant", "block"]), "column 'participant', 'block' missing"),
        (edited("simulated", 3, "maybe"), "line 5, column 'simulated': 'maybe' is neither true nor false"),
        (edited("n_options", 2, "four"), "line 4, column 'n_options': 'four' is not a whole number from 1 on"),
        (edited("rt_ms", 0, "-3"), "line 2, column 'rt_ms': '-3' is not a whole number from 0 on"),
        (edited("play_count", 0, "1.5"), "line 2, column 'play_count': '1.5' is not a whole number"),
        (edited("rt_ms", 1, "inf"), "line 3, column 'rt_ms': 'inf' is not a whole number"),
        (edited("participant", 7, ""), "line 9, column 'participant': empty"),
        (edited("n_options", 7, ""), "line 9, column 'n_options': empty"),
        (edited("design", 8, "free"), "line 10, column 'design': 'free' after 'one_to_one'. The two designs"),
        (edited("design", 0, "pairs"), "line 2, column 'design': 'pairs' is none of one_to_one, free"),
        (edited("correct", 0, False), "line 2, column 'correct': False, but heard 'Baroque"),
        (edited("answered", 0, False), "line 2, column 'answered': false, yet an image was chosen"),
        (edited("chosen_category", 0, ""), "line 2, column 'chosen_category': empty in an answered row"),
        (
            edited("n_options", 1, "5"),
            "column 'n_options': differs between the rows of block '1' of participant 'a000'",
        ),
        (edited("n_clips", 1, "9"), "column 'n_clips': differs between the rows"),
        (
            pd.concat([table_4().assign(n_clips=4), table_4().head(1).assign(n_clips=4)]),
            "has more rows than its 4 clips",
        ),
        (table_4().assign(clip="same"), "line 3, column 'clip': the same clip is answered twice in block '1'"),
        (table_4().assign(chosen_stimulus="same"), "line 3, column 'chosen_stimulus': one-to-one matching forbids"),
        (table_4().assign(image_position=2), "line 3, column 'image_position': one-to-one matching forbids"),
        (
            rows_of([(0, 0, 2, 3)]),
            "line 3, column 'chosen_category': 'Baroque Classical symbolism' is chosen more often",
        ),
        (
            rows_of([(0, 1, 2, 3)], chosen_stimulus="").assign(n_options=3, chosen_stimulus=list("abcd")),
            "more clips are answered than the block's 3 images allow",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_line_and_column(frame, words):
    with pytest.raises(ResponsesError) as error:
        validate_responses(frame, source="responses.csv")
    assert words in str(error.value)
    assert str(error.value).startswith("responses.csv")
    assert "\n" not in str(error.value)


def test_a_board_may_hold_two_images_of_a_category_when_they_are_named():
    frame = rows_of([(0, 0, 2, 3)]).assign(chosen_stimulus=list("wxyz"))
    assert validate_responses(frame)["correct"].sum() == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"participant,block\n\xff\xfe,1\n", "not UTF-8 text"),
        (b'a,b\n"open,1\n', "not a table"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path, content, words):
    path = tmp_path / "responses.csv"
    path.write_bytes(content)
    with pytest.raises(ResponsesError, match=words) as error:
        read_responses(path)
    assert str(path) in str(error.value)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ResponsesError, match="no such file"):
        read_responses(tmp_path / "responses.csv")
    with pytest.raises(ResponsesError, match="no such file"):
        read_study(tmp_path / "study.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "not JSON"), ("[]", "a JSON object is expected, not list"), ('{"schema": "x"}', "schema is 'x'")],
)
def test_a_study_file_of_another_kind_is_refused(tmp_path, content, words):
    path = tmp_path / "study.json"
    path.write_text(content)
    with pytest.raises(ResponsesError, match=words):
        read_study(path)


def test_a_study_file_is_read(tmp_path):
    path = tmp_path / "study.json"
    path.write_text(json.dumps({"schema": "paragone-study/1", "title": "x"}))
    assert read_study(path)["title"] == "x"


FOUR = ("Jazz", "Metal", "Folk", "Pop")


def cases_of(categories=FOUR):
    """Rows of a table from elsewhere: a board of four each for twelve people, six right throughout, six once."""
    boards = [(0, 1, 2, 3) if person % 2 == 0 else (0, 2, 3, 1) for person in range(12)]
    return rows_of(boards, list(categories))[
        ["participant", "block", "design", "n_options", "clip_category", "chosen_category"]
    ]


def read(tmp_path, frame, *, bom=False, **style):
    path = tmp_path / "responses.csv"
    path.write_bytes(encode(frame.to_csv(index=False, **style), bom=bom))
    return read_responses(path)


def changed(change):
    """The rows, each category where it was heard and chosen given by `change(row, column, name)`."""
    frame = cases_of()
    for column in ("clip_category", "chosen_category"):
        frame[column] = [change(row, column, name) for row, name in enumerate(frame[column])]
    return frame


@pytest.mark.parametrize("style", [{"sep": ";"}, {"sep": "\t"}, {"lineterminator": "\r\n"}, {"lineterminator": "\r"}])
@pytest.mark.parametrize("bom", [False, True])
def test_tables_of_spreadsheets_are_read(tmp_path, style, bom):
    frame = read(tmp_path, cases_of(), bom=bom, **style)
    assert (len(frame), frame["correct"].sum()) == (48, 30)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\ufeff"])
def test_blanks_behind_names_make_no_other_category(tmp_path, blank):
    frame = read(tmp_path, changed(lambda row, column, name: name + blank * (row % 3 == 0)))
    assert frame["correct"].sum() == 30
    assert set(frame["clip_category"]) == set(frame["chosen_category"]) == set(FOUR)


@pytest.mark.parametrize("word", ["NA", "nan", "None", "<NA>", "NULL"])
def test_words_for_no_value_are_no_choice(tmp_path, word):
    def lacking(row, column, name):
        return word if column == "chosen_category" and row % 7 == 3 else name

    frame = read(tmp_path, changed(lacking))
    assert (frame["answered"].sum(), frame["correct"].sum()) == (41, 26)
    assert frame.loc[~frame["answered"], "chosen_category"].unique().tolist() == [""]


def test_a_table_that_r_has_written_again_says_the_same(tmp_path):
    whole = validate_responses(changed(lambda row, column, name: "" if column[0] == "c" and column[1] == "h" and
                                       row % 7 == 3 else name))  # fmt: skip
    again = whole.astype(object).where(whole.notna() & (whole != ""), "NA").replace({True: "TRUE", False: "FALSE"})
    again.insert(0, "", range(1, len(again) + 1))
    pd.testing.assert_frame_equal(read(tmp_path, again, sep=";"), whole.assign(study="NA"))


@pytest.mark.parametrize(("right", "wrong"), [("1", "0"), ("1.0", "0.0"), ("1,0", "0,0"), ("TRUE", "FALSE")])
@pytest.mark.parametrize("separator", [",", ";"])
def test_truth_is_read_as_programs_write_it(tmp_path, right, wrong, separator):
    frame = cases_of()
    frame["correct"] = np.where(frame["clip_category"] == frame["chosen_category"], right, wrong)
    frame["n_options"] = "4.0" if separator == "," else "4,0"
    assert read(tmp_path, frame, sep=separator)["correct"].sum() == 30


@pytest.mark.parametrize(
    "categories", [("TRUE", "2.0", "1e5", "001"), ("=1+1", "+x", "-y", "@z"), ("'=a", "''", "'", "b")]
)
def test_names_like_numbers_and_formulas_stay_names(tmp_path, categories):
    frame = cases_of(categories)
    frame["clip_category"], frame["chosen_category"] = (
        [cell(name) for name in frame[column]] for column in ("clip_category", "chosen_category")
    )
    found = read(tmp_path, frame)
    assert found["clip_category"].unique().tolist() == list(categories)
    assert found["correct"].sum() == 30


def test_control_characters_are_shown_by_their_code(tmp_path):
    frame = read(tmp_path, cases_of(("Jazz\x07bell", "Metal", "Folk\x1b[31m", "Pop")))
    assert frame["clip_category"].unique().tolist() == ["Jazz[U+0007]bell", "Metal", "Folk[U+001B][31m", "Pop"]
    assert frame["correct"].sum() == 30


def test_messages_name_the_line_of_the_file(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text(
        "participant;block;design;n_options;clip_category;chosen_category;remark\n\n"
        'p1;1;free;2;Jazz;Jazz;"two\nlines"\n;;;;;;\np1;1;free;many;Metal;Jazz;\n'
    )
    with pytest.raises(ResponsesError, match="line 6, column 'n_options': 'many' is not a whole number from 1 on"):
        read_responses(path)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("participant", "NA", "line 2, column 'participant': empty; every row needs a value"),
        (
            "participant",
            "1.23457E+15",
            "line 2, column 'participant': '1.23457E.15' is a number that a spreadsheet has",
        ),
        ("n_options", "1.000", "line 2, column 'n_options': '1.000' may be in thousands"),
    ],
)
def test_what_other_programs_have_broken_is_named(tmp_path, column, value, words):
    frame = cases_of().astype({"n_options": object})
    frame.loc[0, column] = value
    with pytest.raises(ResponsesError, match=words):
        read(tmp_path, frame)


def test_names_of_the_study_file_are_read_as_the_rows_are(tmp_path):
    path = tmp_path / "study.json"
    path.write_text(json.dumps({"schema": "paragone-study/1", "categories": ["Jazz "], "arms": {" a": {"quota": 1}}}))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    study = read_study(path)
    assert (study["categories"], study["arms"]) == (["Jazz"], {"a": {"quota": 1}})


@given(st.data())
@settings(max_examples=40)
def test_a_damaged_table_is_read_or_refused_in_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged", numbered=True) / "responses.csv"
    path.write_bytes(data.draw(damaged(cases_of().to_csv(index=False).encode())))
    try:
        refusal = ""
        assert len(read_responses(path)) <= 60
    except ResponsesError as error:
        refusal = str(error)
    assert len(refusal.splitlines()) <= 1
