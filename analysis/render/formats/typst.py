"""report.pdf through typst: tagged for screen readers, fixed date, fonts of packages alone. Same data, same bytes."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module, util
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib

from analysis.render import parts
from analysis.render.drawings import BASE_FAMILY, CJK_FAMILY, CJK_FONT, missing_letters
from analysis.render.formats.prose import markdown_points
from analysis.render.parts import Gallery, Part, Table, Thumbnail, parts_for

# A report carries no clock time; PDF wants a date, so it gets a fixed one.
FIXED_DATE = 946_684_800

# Tables up to this length stay on one page.
MOST_ROWS_TOGETHER = 24

FACES = ["Libertinus Serif", BASE_FAMILY, CJK_FAMILY]


def pdf_available() -> bool:
    """Whether the package typst (extra `analysis`) is installed."""
    return util.find_spec("typst") is not None


def compile_pdf(source: str) -> bytes:
    """A typst document as PDF, the same bytes each time."""
    typst = import_module("typst")
    compiler = typst.Compiler(source.encode("utf-8"), font_paths=_fonts())
    return bytes(compiler.compile(format="pdf", timestamp=FIXED_DATE, pdf_standards=["ua-1"]))


def typst_document(name: str, whole: Iterable[Part]) -> str:
    """Parts of any report as a typst document called `name`."""
    faces = "(" + ", ".join(quote(face) for face in FACES) + ")"
    preamble = (files("analysis") / "templates" / "report.typ").read_text(encoding="utf-8")
    head = "\n" + preamble.replace("{title}", quote(name)).replace("{faces}", faces)
    return head + "\n".join(_write(part) for part in parts_for(whole, page=False)) + "\n"


def quote(text: str) -> str:
    """A typst string literal; letters that no font has are named by their code."""
    missing = set(missing_letters(text))
    shown = "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in " ".join(text.split()))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(part: Part) -> str:
    match part:
        case parts.Heading(level, text, folded=folded):
            return "#pagebreak(weak: true)\n" * folded + f"#heading(level: {level}, {quote(text)})"
        case parts.Paragraph(text, "warning"):
            return f"#warning({quote(text)})"
        case parts.Paragraph(text, "intro"):
            return f"#block(sticky: true, text(size: 9pt, {quote(text)}))"
        case parts.Paragraph(text, kind):
            return _paragraph(text, {"lead": "12pt", "small": "9pt"}.get(kind, "10pt"))
        case parts.Banner(title, text):
            return f"#banner({quote(f'{title}. {text}')})"
        case parts.Warnings(texts):
            return "#warning[" + "\n\n".join(f"#text(size: 9pt, {quote(text)})" for text in texts) + "]"
        case parts.Points(texts):
            return "#list(" + ", ".join(f"text(size: 9.5pt, {quote(text)})" for text in texts) + ")"
        case parts.Beside(inside):
            cells = ", ".join(f"[{_write(one)}]" for one in inside)  # side by side each has its column's whole width
            return f"#grid(columns: (1fr,) * {len(inside)}, gutter: 14pt, {cells})"
        case parts.Markdown(text):
            return "\n".join(_paragraph(point, "10pt") for point in markdown_points(text))
        case parts.Facts():
            return _table(part.table)
        case Table():
            return "" if part.bulky else _table(part)
        case parts.Gallery():
            return _gallery(part)
        case parts.Picture(svg=svg, alt=alt, caption=caption, data=data):
            figure = (
                f'#figure(image(bytes({_literal(svg)}), format: "svg", width: 78%, alt: {quote(alt)}), '
                f"alt: {quote(alt)}, caption: {quote(caption)})"
            )
            return figure if data is None or data.bulky else f"{figure}\n{_table(data)}"
    return ""


def _paragraph(text: str, size: str) -> str:
    return f"#par(text(size: {size}, {quote(text)}))"


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
        "block(breakable: false)[#set block(spacing: 4pt)\n"
        f'#image(bytes({_literal(_as_svg(picture))}), format: "svg", width: 100%, '
        f"alt: {quote(picture.alt)})\n#text(size: 7pt, {quote(picture.text)})]"
        for picture in gallery.images
    )
    caption = f"\n#text(size: 9pt, fill: luma(35%), {quote(gallery.caption)})" if gallery.caption else ""
    return (
        f'#block(breakable: false)[#text(weight: "bold", {quote(gallery.title)})\n\n'
        f"#grid(columns: (1fr,) * {gallery.columns}, gutter: 6pt,\n{cells}){caption}]"
    )


def _as_svg(picture: Thumbnail) -> str:
    """The JPEG file inside an SVG one: a typst source holds text alone."""
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{picture.data_uri}"/></svg>'


def _literal(svg: str) -> str:
    return '"' + svg.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _fonts() -> Any:
    folders = [Path(matplotlib.get_data_path()) / "fonts" / "ttf", CJK_FONT.parent]
    typst = import_module("typst")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
