"""A section from one module and one line of the registry, in every format."""

import csv
import io
import json
import sys

import pytest

from analysis.__main__ import main
from analysis.render import latex
from analysis.render.parts import Heading
from analysis.render.report import fill_sections, report_parts, typst_source
from analysis.render.sections import CHAPTERS, SECTIONS, load_sections
from analysis.results import build_result
from tests.analysis.latex_reader import check_latex
from tests.analysis.outline import Outline
from tests.analysis.studies import study_of, write_study
from tests.analysis.tables import table_4

TOY = """
from matplotlib.figure import Figure

from analysis.render.drawings import picture
from analysis.render.parts import Paragraph, Table
from analysis.render.sections import Section
from analysis.render.tables import Column, TidyTable, columns


def draw(values):
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().bar(range(len(values)), values)
    return figure


def parts(scope):
    heard = scope.arm["row_totals"]
    rows = [[name, str(n)] for name, n in zip(scope.categories, heard, strict=True)]
    yield Paragraph("Toys were counted.")
    yield Table("Toys of every category.", ["Category", "Toys"], rows, label="Toys", latex="toys")
    yield picture(draw, heard, name=scope.key("toys"), alt="Bars of toys.", caption="Toys, drawn.")


def records(result):
    for name, arm in result["arms"].items():
        for category, n in zip(result["categories"], arm["row_totals"], strict=True):
            yield {"arm": name, "category": category, "toys": n}


TOYS = TidyTable(
    "toys", "one category of an arm", columns("arm category toys", {"toys": Column("integer", "Toys.")}), records
)
SECTION = Section(parts, "Toys", per_arm=True, shown=lambda scope: scope.arm["n_answers"] > 0, tables=(TOYS,))
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    (tmp_path / "toy_report_section.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toy_report_section", raising=False)
    monkeypatch.setitem(SECTIONS, "toys", "toy_report_section:SECTION")


@pytest.mark.usefixtures("toy")
def test_a_new_section_stands_in_every_format(tmp_path):
    source = write_study(tmp_path / "in", table_4(), study_of())
    assert main(["report", str(source), "--out", str(tmp_path / "out")]) == 0

    def text(name):
        return (tmp_path / "out" / name).read_text(encoding="utf-8")

    page = Outline(text("report.html"))
    assert "arm-1-toys" in page.ids
    assert "arm-1-toys" in page.targets
    assert {"Toys", "Toys were counted.", "Toys of every category.", "Toys, drawn."} <= set(page.words)
    assert "#### Toys\n\nToys were counted.\n\nToys of every category.\n\n| Category | Toys |" in text("report.md")
    assert "*Figure: Bars of toys.*" in text("report.md")
    assert "\\label{tab:toys-1}" in text("tables.tex")
    assert ["Heavy metal", "12"] in check_latex(text("tables.tex"))
    rows = list(csv.DictReader(io.StringIO(text("tables/toys.csv"))))
    assert [(row["arm"], row["toys"]) for row in rows] == [("a", "12")] * 4
    assert (tmp_path / "out" / "tables" / "toys.parquet").is_file()
    assert '<title id="arm-1-toys-title">Bars of toys.</title>' in text("figures/arm-1-toys.svg")
    typst = typst_source(json.loads(text("result.json")))
    for words in ('#heading(level: 4, "Toys")', '"Toys of every category."', 'alt: "Bars of toys."'):
        assert words in typst


@pytest.mark.usefixtures("toy")
def test_a_section_is_left_out_where_it_has_nothing_to_show():
    result = build_result(table_4(), study_of(arms=("a", "b")))
    shown = [(filled.scope.name, filled.section.title) for filled in fill_sections(result)]
    assert ("a", "Toys") in shown
    assert ("b", "Toys") not in shown
    assert latex(result).count("tab:toys-") == 1
    assert [part.label for part in report_parts(result) if getattr(part, "latex", "") == "toys"] == ["Toys of a"]


def test_sections_come_in_their_chapters_those_of_an_arm_together():
    result = build_result(table_4(), study_of(arms=("a", "b")))
    filled = list(fill_sections(result))
    marks = [one.section.chapter for one in filled]
    assert sorted(marks, key=[chapter.mark for chapter in CHAPTERS].index) == marks
    for mark in "ABC":
        order = [one.scope.name for one in filled if one.section.chapter == mark]
        arms = [name for name in order if name]
        assert arms == ["a"] * arms.count("a") + ["b"] * arms.count("b")


def test_every_chapter_is_numbered_and_headings_stand_below_it():
    result = build_result(table_4(), study_of(arms=("a", "b")))
    headings = [part for part in report_parts(result) if isinstance(part, Heading)]
    chapters = [heading.text for heading in headings if heading.level == 2]
    assert chapters[:3] == ["1. Summary", "2. Models compared", "3. Do the pictures fit?"]
    assert [text for text in chapters if text.startswith("Appendix")] == [
        "Appendix A. Each arm in full", "Appendix B. Metrics in full", "Appendix C. Diagnostics",
        "Appendix D. Provenance and glossary",
    ]  # fmt: skip
    anchors = [heading.anchor for heading in headings if heading.anchor]
    assert len(anchors) == len(set(anchors))
    assert [heading.folded for heading in headings if heading.level == 2].count(True) == 4


def test_no_two_sections_share_a_table():
    names = [table.name for section in load_sections().values() for table in section.tables]
    assert len(names) == len(set(names)) > 20
