import re

from analysis.render import markdown
from analysis.render.formats.markdown import escape, markdown_of
from analysis.render.parts import (
    Banner,
    Facts,
    Gallery,
    Heading,
    KeyFigures,
    Markdown,
    Only,
    Paragraph,
    Picture,
    Table,
    Thumbnail,
    Warnings,
)
from analysis.results import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import ODD_NAMES, rows_of


def test_markdown_escapes_names_and_keeps_tables_whole():
    text = markdown(build_result(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], ODD_NAMES), study_of(categories=ODD_NAMES)))
    assert r"A &amp; B\_%\#é漢" in text
    assert r"\<b\>x\</b\>" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1


def test_every_kind_of_part_has_its_form():
    table = Table("Of.", ["a", "b"], [["1", "2"], ["nothing"]], words=(1,))
    small = Thumbnail(b"", 1, 1, "alt", "abc")
    parts = [
        Heading(2, "Head"), Paragraph("Plain."), Paragraph("Care.", "warning"), Banner("Mark", "Words."),
        Warnings(["one", "two"]), Markdown("* **Few** <b>x</b>\n* [y](http://e.org)"), KeyFigures([("a", "b", "c")]),
        Facts("From.", [("k", ["x", "y"])]), Picture(lambda: "<svg/>", "drawn", "Drawn.", "Caption", table),
        Gallery("Sky", "1 of 1", (small,)), Only(Paragraph("page"), page=True), Only(Paragraph("paper"), page=False),
    ]  # fmt: skip
    assert markdown_of(parts) == "\n\n".join(
        [
            "## Head", "Plain.", "- Care.", "> **Mark. Words.**", "- one", "- two", "Few \\<b\\>x\\</b\\>",
            "\\[y\\](http://e.org)", "From.", "| What | Value |\n|:--|--:|\n| k | x; y |", "*Figure: Drawn.*", "Of.",
            "| a | b |\n|:--|:--|\n| 1 | 2 |\n| nothing |  |", "*Pictures, Sky: abc*", "paper",
        ]
    ) + "\n"  # fmt: skip


def test_lists_and_numbers_at_the_begin_stay_text():
    assert [escape(text) for text in ("1. x", "- x", "a & b")] == ["1\\. x", "\\- x", "a &amp; b"]
