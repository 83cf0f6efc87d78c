import re

from analysis.render import latex
from analysis.render.formats.latex import escape, latex_head, latex_of
from analysis.render.parts import Paragraph, Table
from analysis.results import build_result
from tests.analysis.latex_reader import check_latex
from tests.analysis.studies import study_of
from tests.analysis.tables import ODD_NAMES, rows_of, table_4


def test_latex_escapes_what_latex_reads():
    assert escape(r"A & B_%#é漢 ${}~^\<>|") == (
        r"A \& B\_\%\#é漢 \$\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}\textless{}\textgreater{}\textbar{}"
    )
    text = latex(build_result(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], ODD_NAMES), study_of(categories=ODD_NAMES)))
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert not re.search(r"(?<!\\)[%#$](?!\d)", body.replace("$p$", "").replace(r"$\times", "").replace("}$", ""))
    assert r"A \& B\_\%\#é漢" in body


def test_latex_has_the_cells_of_print():
    text = latex(build_result(table_4(), study_of()))
    assert r"Electronic music & (0/12) & (7/12) & (5/12) & (0/12) \\" in text
    assert r"\toprule" in text
    assert "58.3\\%" in text
    assert r"$5.96 \times 10^{-8}$" in text


def test_tables_are_numbered_and_those_for_looking_up_stay_out():
    rows = [["a", "3.0 × 10⁻⁷"], ["b is unknown"]]
    parts = [
        Paragraph("Words."), Table("One.", ["x", "y"], rows), Table("Two.", ["x", "y"], rows, bulky=True),
        Table("Three.", ["What", "Value"], [["space", "toy"]]), Table("Four.", ["x", "y"], [["a", "[1]"]]),
    ]  # fmt: skip
    first, second = latex_of(parts, key="k")
    assert "\\label{tab:k-1}" in first
    assert "\\caption{One. b is unknown: b is unknown.}" in first
    assert "a & $3.0 \\times 10^{-7}$ \\\\\n-- & -- \\\\" in first
    assert len(check_latex(first)) == 3
    assert "\\label{tab:k-2}" in second


def test_nothing_leaves_the_comment():
    head = latex_head("A title\n\\input{x}", ["one\ntwo"])
    assert [line[:2] for line in head.splitlines()] == ["% "] * 4
    assert head.endswith("% one two\n")
