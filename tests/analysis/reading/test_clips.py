"""clips.csv: the recording of each clip, read beside the responses."""

import json

import pytest

from analysis.errors import ResponsesError
from analysis.reading import add_pieces, read_clips, read_responses, validate_responses
from analysis.report import write_report
from tests.analysis.studies import study_of, write_study
from tests.analysis.tables import table_4

HEAD = "clip,category,piece,split,duration,sha256\n"


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_with_what_it_has(tmp_path):
    table = read_clips(write(tmp_path / "clips.csv", f"\ufeff{HEAD}a,Jazz,Blue hour,test,30.5,ff\nb,Jazz,,train,,\n"))
    assert table.to_dict("list") == {
        "clip": ["a", "b"],
        "category": ["Jazz", "Jazz"],
        "piece": ["Blue hour", ""],
        "split": ["test", "train"],
        "duration": [30.5, pytest.approx(float("nan"), nan_ok=True)],
        "sha256": ["ff", ""],
    }
    short = read_clips(write(tmp_path / "clips.csv", "piece;clip\nNA;a\n"))
    assert (short["piece"][0], short["duration"].isna()[0]) == ("", True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clip,category\na,b\n", "column 'piece' missing"),
        (f"{HEAD},Jazz,p,test,3,\n", "line 2, column 'clip': '' names no clip"),
        (f"{HEAD}a,Jazz,p,test,3,\na,Jazz,q,test,3,\n", "line 3, column 'clip': 'a' stands in the table twice"),
        (f"{HEAD}a,Jazz,p,test,long,\n", "column 'duration': 'long' is not a number of seconds"),
        (f"{HEAD}a,Jazz,p,test,-1,\n", "column 'duration': '-1' is not a number of seconds"),
        ("", "the file is empty"),
    ],
)
def test_what_is_no_such_table_is_refused_by_line_and_column(tmp_path, text, words):
    with pytest.raises(ResponsesError, match=words):
        read_clips(write(tmp_path / "clips.csv", text))
    with pytest.raises(ResponsesError, match="no such file"):
        read_clips(tmp_path / "none.csv")


def test_responses_get_the_recording_of_their_clip_and_keep_their_columns(tmp_path):
    rows = table_4().assign(clip=lambda frame: "clip of " + frame["clip_category"])
    heard = sorted(set(rows["clip"]))
    clips = read_clips(
        write(tmp_path / "clips.csv", HEAD + "".join(f"{c},x,piece of {c},test,3,\n" for c in heard[1:]))
    )
    plain = validate_responses(rows)
    found = validate_responses(add_pieces(plain, clips))
    assert list(found.columns) == [*plain.columns, "piece"]
    assert set(found.loc[found["clip"] == heard[0], "piece"]) == {""}
    assert set(found.loc[found["clip"] == heard[1], "piece"]) == {f"piece of {heard[1]}"}


def test_a_report_reads_the_table_beside_the_responses_and_names_it(tmp_path):
    responses = write_study(tmp_path / "data", table_4(), study_of())
    write(tmp_path / "data" / "clips.csv", f"{HEAD}a,Jazz,p,test,3,\n")
    written = write_report(responses, None, None, tmp_path / "out")
    assert "clips.csv" in json.loads(written["result.json"].read_text())["provenance"]["sources"]
    assert len(read_responses(responses).columns) == 27
    write(tmp_path / "data" / "clips.csv", "clip\n")
    with pytest.raises(ResponsesError, match="column 'piece' missing"):
        write_report(responses, None, None, tmp_path / "out")
