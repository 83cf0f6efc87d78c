"""report.pdf through typst: tagged for screen readers, fixed date, fonts of packages alone. Same data, same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import matplotlib

from analysis.errors import AnalysisError
from analysis.render import fonts
from analysis.render.blocks import Block, Heading, Paragraph, Picture, Table, report_blocks

# A report carries no clock time; PDF wants a date, so it gets a fixed one.
FIXED_DATE = 946_684_800
# Tables up to this length stay on one page.
MOST_ROWS_TOGETHER = 24
FACES = ["Libertinus Serif", fonts.BASE_FAMILY, fonts.CJK_FAMILY]

PREAMBLE = """
#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 20mm, y: 22mm), numbering: "1")
#set text(font: {faces}, size: 10pt, lang: "en", fallback: false)
#set par(leading: 0.6em)
#set table(stroke: none, inset: (x: 5pt, y: 3.5pt))
#show heading: set block(above: 1.4em, below: 0.7em)
#show heading.where(level: 1): set text(size: 18pt)
#show table.cell.where(y: 0): strong
#show figure: set block(breakable: false)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.caption: set text(size: 9pt, fill: luma(35%))
#show figure.caption: set align(left)
#set figure(supplement: none, numbering: none)
#let banner(body) = block(fill: rgb("fdf1e6"), stroke: 1.5pt + rgb("8a3b00"), inset: 9pt, width: 100%,
  text(fill: rgb("8a3b00"), weight: "bold", body))
#let warning(body) = block(fill: luma(95%), stroke: (left: 2pt + rgb("b9954f")), inset: 7pt, width: 100%, body)
"""


def pdf_available() -> bool:
    """Whether the package typst (extra `analysis`) is installed."""
    return util.find_spec("typst") is not None


def pdf(result: Mapping[str, Any]) -> bytes:
    """The report as PDF.

    Raises:
        AnalysisError: the package typst is not installed.
    """
    if not pdf_available():
        raise AnalysisError("The PDF needs the package typst: pip install 'paragone[analysis]'.")
    typst = import_module("typst")
    source = typst_source(result).encode("utf-8")
    compiler = typst.Compiler(source, font_paths=_fonts())
    return bytes(compiler.compile(format="pdf", timestamp=FIXED_DATE, pdf_standards=["ua-1"]))


def typst_source(result: Mapping[str, Any]) -> str:
    """The report as a typst document; every text of a study stands in a string, never in markup."""
    title = quote(result["study"]["title"])
    faces = "(" + ", ".join(quote(face) for face in FACES) + ")"
    head = PREAMBLE.replace("{title}", title).replace("{faces}", faces)
    return head + "\n".join(_write(block) for block in report_blocks(result)) + "\n"


def quote(text: str) -> str:
    """A typst string literal; letters that no font has are named by their code."""
    missing = set(fonts.missing_letters(text))
    shown = "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in " ".join(text.split()))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"#heading(level: {level}, {quote(text)})"
        case Paragraph(text, kind):
            if kind in ("banner", "warning"):
                return f"#{kind}({quote(text)})"
            size = "12pt" if kind == "lead" else "10pt"
            return f"#par(text(size: {size}, {quote(text)}))"
        case Table():
            return _table(block)
        case Picture(svg, alt, caption):
            return (
                f'#figure(image(bytes({_literal(svg)}), format: "svg", width: 78%, alt: {quote(alt)}), '
                f"alt: {quote(alt)}, caption: {quote(caption)})"
            )


def _table(table: Table) -> str:
    # Few columns of words get room to wrap; columns of numbers stay as wide as their content.
    wide = len(table.head) <= 2
    longest = max(len(text) for line in [table.head, *table.rows] for text in line[1:])
    first, others = ("1fr", "auto") if longest <= 22 else ("1.6fr", "1fr")
    columns = "(auto, 1fr)" if wide else f"({first}, " + ", ".join([others] * (len(table.head) - 1)) + ")"
    align = "(left, left)" if wide else "(x, y) => if x == 0 { left } else { right }"
    head = ", ".join(quote(text) for text in table.head)
    rows = [", ".join(quote(text) for text in row) for row in table.rows]
    size = "9pt" if len(table.head) <= 8 else "7pt"
    return (
        f"#show figure.where(kind: table): set block(breakable: {str(len(rows) > MOST_ROWS_TOGETHER).lower()})\n"
        f"#figure(kind: table, caption: {quote(table.caption)}, text(size: {size}, table(columns: {columns}, "
        f"align: {align}, table.hline(), table.header({head}), table.hline(stroke: 0.5pt),\n"
        + ",\n".join(rows)
        + (",\n" if rows else "")
        + "table.hline())))"
    )


def _literal(svg: str) -> str:
    return '"' + svg.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _fonts() -> Any:
    folders: list[Path] = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    if util.find_spec(fonts.CJK_PACKAGE) is not None:
        folders.append(Path(str(import_module(fonts.CJK_PACKAGE).FONT_PATH)).parent)
    typst = import_module("typst")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
