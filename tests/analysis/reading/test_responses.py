import json

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ResponsesError
from analysis.reading.responses import COLUMNS, read_responses, read_study, validate_responses
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
