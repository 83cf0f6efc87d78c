"""report.pdf through typst: tagged for screen readers, fixed date, fonts of packages alone. Same data, same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import matplotlib

from analysis.render.drawings import fonts
from analysis.render.parts import Gallery, Heading, Paragraph, Part, Picture, Table, Thumbnail

# A report carries no clock time; PDF wants a date, so it gets a fixed one.
FIXED_DATE = 946_684_800

# Tables up to this length stay on one page.
MOST_ROWS_TOGETHER = 24

GALLERY_COLUMNS = 5

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


def compile_pdf(source: str) -> bytes:
    """A typst document as PDF, the same bytes each time."""
    typst = import_module("typst")
    compiler = typst.Compiler(source.encode("utf-8"), font_paths=_fonts())
    return bytes(compiler.compile(format="pdf", timestamp=FIXED_DATE, pdf_standards=["ua-1"]))


def typst_document(name: str, parts: Iterable[Part]) -> str:
    """Parts of any report as a typst document called `name`."""
    title = quote(name)
    faces = "(" + ", ".join(quote(face) for face in FACES) + ")"
    head = PREAMBLE.replace("{title}", title).replace("{faces}", faces)
    return head + "\n".join(_write(part) for part in parts) + "\n"


def quote(text: str) -> str:
    """A typst string literal; letters that no font has are named by their code."""
    missing = set(fonts.missing_letters(text))
    shown = "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in " ".join(text.split()))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(block: Part) -> str:
    match block:
        case Heading(level, text):
            return f"#heading(level: {level}, {quote(text)})"
        case Paragraph(text, kind):
            if kind in ("banner", "warning"):
                return f"#{kind}({quote(text)})"
            size = {"lead": "12pt", "small": "9pt"}.get(kind, "10pt")
            return f"#par(text(size: {size}, {quote(text)}))"
        case Table():
            return "" if block.bulky else _table(block)
        case Gallery():
            return _gallery(block)
        case Picture(svg, alt, caption, data):
            figure = (
                f'#figure(image(bytes({_literal(svg)}), format: "svg", width: 78%, alt: {quote(alt)}), '
                f"alt: {quote(alt)}, caption: {quote(caption)})"
            )
            return figure if data is None or data.bulky else f"{figure}\n{_table(data)}"


def _table(table: Table) -> str:
    width = len(table.head)
    text_columns = {0, *table.words, *([1] if width == 2 else [])}
    align = "(x, y) => if x in (" + "".join(f"{x}, " for x in sorted(text_columns)) + ") { left } else { right }"
    head = ", ".join(quote(text) for text in table.head)
    rows = [_row(row, width) for row in table.rows]
    size = "9pt" if width <= 8 else "8pt" if width <= 12 else "7pt"
    return (
        f"#show figure.where(kind: table): set block(breakable: {str(len(rows) > MOST_ROWS_TOGETHER).lower()})\n"
        f"#figure(kind: table, caption: {quote(table.caption)}, text(size: {size}, table(columns: {_columns(table)}, "
        f"align: {align}, table.hline(), table.header({head}), table.hline(stroke: 0.5pt),\n"
        + ",\n".join(rows)
        + (",\n" if rows else "")
        + "table.hline())))"
    )


def _columns(table: Table) -> str:
    """Columns of words get room to wrap; columns of numbers stay as wide as their content."""
    width = len(table.head)
    if table.words:
        first = "auto" if max((len(row[0]) for row in table.rows), default=0) <= 34 else "1fr"
        return f"({first}, " + ", ".join("1.4fr" if x in table.words else "auto" for x in range(1, width)) + ",)"
    if width <= 2:
        return "(auto, 1fr)"
    longest = max(len(text) for line in [table.head, *table.rows] for text in line[1:width])
    first, others = ("1fr", "auto") if longest <= 22 or table.dense else ("1.6fr", "1fr")
    return f"({first}, " + ", ".join([others] * (width - 1)) + ")"


def _row(row: list[str], width: int) -> str:
    """Cells of a row; the last one of a short row runs over the columns that are left."""
    cells = [quote(text) for text in row]
    if len(row) < width:
        cells[-1] = f"table.cell(colspan: {width - len(row) + 1}, align: left, {cells[-1]})"
    return ", ".join(cells)


def _gallery(gallery: Gallery) -> str:
    cells = ",\n".join(
        f'block(breakable: false)[#image(bytes({_literal(_as_svg(picture))}), format: "svg", width: 100%, '
        f"alt: {quote(picture.alt)})\n#text(size: 7pt, {quote(picture.text)})]"
        for picture in gallery.images
    )
    return (
        f'#block(breakable: false)[#text(weight: "bold", {quote(gallery.title)})\n\n'
        f"#grid(columns: (1fr,) * {GALLERY_COLUMNS}, gutter: 6pt,\n{cells})\n"
        f"#text(size: 9pt, fill: luma(35%), {quote(gallery.caption)})]"
    )


def _as_svg(picture: Thumbnail) -> str:
    """The JPEG file inside an SVG one: a typst source holds text alone."""
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{picture.data_uri}"/></svg>'


def _literal(svg: str) -> str:
    return '"' + svg.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _fonts() -> Any:
    folders: list[Path] = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    if util.find_spec(fonts.CJK_PACKAGE) is not None:
        folders.append(Path(str(import_module(fonts.CJK_PACKAGE).FONT_PATH)).parent)
    typst = import_module("typst")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
