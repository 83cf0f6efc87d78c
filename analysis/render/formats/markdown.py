"""report.md: sentences and tables, without figures."""

import re
from collections.abc import Iterable

from analysis.render import parts
from analysis.render.formats.prose import markdown_points
from analysis.render.parts import Part, Table, flat, parts_for

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def markdown_of(whole: Iterable[Part]) -> str:
    """Parts of any report in Markdown."""
    return "\n\n".join(text for part in flat(parts_for(whole, page=False)) for text in _write(part)) + "\n"


def _write(part: Part) -> list[str]:
    match part:
        case parts.Heading(level, text):
            return [f"{'#' * level} {escape(text)}"]
        case parts.Paragraph(text, kind):
            return [("- " if kind == "warning" else "") + escape(text)]
        case parts.Banner(title, text):
            return [f"> **{escape(f'{title}. {text}')}**"]
        case parts.Warnings(texts) | parts.Points(texts):
            return [f"- {escape(text)}" for text in texts]
        case parts.Markdown(text):
            return [escape(point) for point in markdown_points(text)]
        case parts.Facts():
            return [_table(part.table)]
        case Table(bulky=False):
            return [_table(part)]
        case parts.Picture(alt=alt, data=data):
            return [f"*Figure: {escape(alt)}*", *([_table(data)] if data and not data.bulky else [])]
        case parts.Gallery(title, _, images):
            return [f"*Pictures, {escape(title)}: {escape('; '.join(image.text for image in images))}*"]
    return []


def escape(text: str) -> str:
    """Text on one line in which Markdown reads nothing special."""
    line = SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;")
    return re.sub(r"^(\d+)([.)])(\s)", r"\1\\\2\3", re.sub(r"^([-+=])", r"\\\1", line))


def _table(table: Table) -> str:
    lines = [
        "| " + " | ".join(map(escape, table.head)) + " |",
        "|" + "|".join(":--" if x in (0, *table.words) else "--:" for x in range(len(table.head))) + "|",
    ]
    width = len(table.head)
    lines += ["| " + " | ".join([*map(escape, row), *[""] * (width - len(row))]) + " |" for row in table.rows]
    return f"{escape(table.caption)}\n\n" + "\n".join(lines)
