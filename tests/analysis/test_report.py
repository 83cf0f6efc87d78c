import json
from csv import reader

import pytest

from analysis import render
from analysis.__main__ import main
from analysis.errors import AnalysisError
from analysis.reading import read_responses
from analysis.render.drawings import drawing
from analysis.render.sections import load_sections
from analysis.report import write_files, write_report
from analysis.results.build import build_result
from tests.analysis.studies import study_of, write_study
from tests.analysis.tables import rows_of, table_4

ROWS = [table.name for section in load_sections().values() if not section.files for table in section.tables]
NAMES = {"result.json", "report.html", "report.md", "report.pdf", "tables.tex", "headline_test.R"} | {
    f"tables/{name}.{kind}" for name in ROWS for kind in ("csv", "parquet")
}
FIGURES = {
    f"figures/{name}.svg"
    for name in (
        "shares", "map-1", "joint",
        "arm-1-null", "arm-1-forest", "arm-1-confusion", "arm-1-tiles", "flow", "arm-1-m0-giils",
        "arm-1-m0-similarity", "arm-1-m0-against-ais", "arm-1-m0-against-giils",
    )
}  # fmt: skip
METRIC_TABLES = {
    f"tables/{name}-embedded.{kind}"
    for kind in ("csv", "parquet")
    for name in (
        "scores", "giils", "by_category", "win_rates", "retrieval", "similarity", "distances_in_space", "machine",
        "people_and_metrics", "correlations", "reliability",
    )
}  # fmt: skip


def test_command_and_function_write_the_same_bytes(tmp_path, capsys):
    study = study_of()
    study["arms"]["a"]["embeddings"] = ["embeddings-set-a-embedded.npz"]
    csv = write_study(tmp_path / "in", table_4(), study, ["set-a"])
    assert main(["report", str(csv), "--out", str(tmp_path / "one")]) == 0
    assert "Report written" in capsys.readouterr().out
    written = write_report(
        csv, tmp_path / "in" / "study.json", [tmp_path / "in" / "embeddings-set-a-embedded.npz"], tmp_path / "two"
    )
    assert set(written) == NAMES | METRIC_TABLES | FIGURES
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    result = json.loads((tmp_path / "one" / "result.json").read_text())
    assert set(result["provenance"]["sources"]) == {"responses.csv", "study.json", "embeddings-set-a-embedded.npz"}
    assert result["arms"]["a"]["metrics"]["set"] == "set-a"


def test_rows_alone_are_enough(tmp_path):
    csv = write_study(tmp_path, table_4())
    write_report(csv, None, None, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "result.json").read_text())["arms"]["a"]["overall"]["correct"] == 38


def test_embeddings_named_by_the_study_must_be_there(tmp_path, capsys):
    study = study_of()
    study["arms"]["a"]["embeddings"] = ["gone.npz"]
    csv = write_study(tmp_path, table_4(), study)
    assert main(["report", str(csv), "--out", str(tmp_path / "out")]) == 1
    message = capsys.readouterr().err
    assert "names gone.npz, which does not lie beside it" in message
    assert message.count("\n") == 1
    assert main(["report", str(csv), "--out", str(tmp_path / "out"), "--embeddings"]) == 0


def test_bad_rows_end_with_one_line_and_a_failing_exit(tmp_path, capsys):
    csv = write_study(tmp_path, table_4().assign(design="pairs"))
    assert main(["report", str(csv), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (f"error: {csv}, line 2, column 'design': 'pairs' is none of one_to_one, free.\n")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    csv = write_study(tmp_path, table_4())
    (tmp_path / "file").write_text("")
    with pytest.raises(AnalysisError, match=r"file/result\.json: cannot be written"):
        write_report(csv, None, None, tmp_path / "file")


def test_every_figure_is_drawn_once_for_all_formats(tmp_path, monkeypatch):
    result = build_result(table_4(), study_of())
    alone = (render.html(result), render.markdown(result), render.figures(result))
    drawn, save = [], drawing.svg

    def counting(figure, *, name, alt):
        drawn.append(name)
        return save(figure, name=name, alt=alt)

    monkeypatch.setattr(drawing, "svg", counting)
    written = write_files(result, tmp_path)
    assert sorted(drawn) == sorted(set(drawn))
    assert {f"{name}.svg" for name in drawn} == set(alone[2])
    assert written["report.html"].read_text(encoding="utf-8") == alone[0]
    assert written["report.md"].read_text(encoding="utf-8") == alone[1]
    assert {name: written[f"figures/{name}"].read_text(encoding="utf-8") for name in alone[2]} == alone[2]
    drawn.clear()
    write_files(result, tmp_path)
    assert drawn, "nothing is remembered from one report to the next"


def test_a_report_of_names_that_break_formats_and_spreadsheets_is_written(tmp_path, capsys):
    names = ["Jazz\x07bell", "=1+1", "Folk\x1b[31m", "-y"]
    boards = [(0, 1, 2, 3) if person % 2 == 0 else (0, 2, 3, 1) for person in range(12)]
    study = study_of(categories=names, notes="one\x00two")
    csv = write_study(tmp_path, rows_of(boards, names), study)
    assert main(["report", str(csv), "--out", str(tmp_path / "out"), "--bom"]) == 0
    capsys.readouterr()
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert (result["arms"]["a"]["overall"]["correct"], result["arms"]["a"]["overall"]["total"]) == (30, 48)
    assert result["arms"]["a"]["overall"]["p_value"] == pytest.approx(7.5316e-6, rel=1e-4)
    assert result["categories"] == ["Jazz[U+0007]bell", "=1+1", "Folk[U+001B][31m", "-y"]
    tables = list((tmp_path / "out" / "tables").glob("*.csv"))
    assert tables
    for table in tables:
        text = table.read_text(encoding="utf-8")
        assert text.startswith("\ufeff")
        texts = [cell for row in reader(text[1:].splitlines()) for cell in row]
        assert not any(cell.startswith(("=", "+", "@", "-y")) for cell in texts)
    assert any("'=1+1" in table.read_text(encoding="utf-8") for table in tables)


def test_blanks_and_words_for_no_value_of_other_programs_change_no_number(tmp_path, capsys):
    boards = [(0, 1, 2, 3) if person % 2 == 0 else (0, 2, 3, 1) for person in range(12)]
    rows = rows_of(boards, ["Jazz", "Metal", "Folk", "Pop"])
    for column in ("clip_category", "chosen_category"):
        rows[column] = [f"{name} " if row % 3 == 0 else name for row, name in enumerate(rows[column])]
    result = build_result(read_responses(write_study(tmp_path / "blanks", rows)))
    assert len(result["categories"]) == 4
    assert result["arms"]["a"]["overall"]["p_value"] == pytest.approx(7.5316e-6, rel=1e-4)
    rows.loc[3::7, "chosen_category"] = "NA"
    overall = build_result(read_responses(write_study(tmp_path / "words", rows)))["arms"]["a"]
    assert (overall["overall"]["correct"], overall["overall"]["total"], overall["n_unanswered"]) == (26, 41, 7)
