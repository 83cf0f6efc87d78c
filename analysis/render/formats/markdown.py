"""report.md: sentences and tables, without figures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.render.parts import Gallery, Heading, Paragraph, Part, Picture, Table

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")

MARKS = {"banner": "> **{}**", "warning": "- {}", "lead": "{}", "plain": "{}", "small": "{}"}


def markdown_of(blocks: Iterable[Part]) -> str:
    """Parts of any report in Markdown."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"{'#' * level} {escape(text)}")
            case Paragraph(text, kind):
                parts.append(MARKS[kind].format(escape(text)))
            case Table():
                if not block.bulky:
                    parts.append(_table(block))
            case Picture():
                parts.append(f"*Figure: {escape(block.alt)}*")
                if block.data and not block.data.bulky:
                    parts.append(_table(block.data))
            case Gallery(title, _, images):
                parts.append(f"*Pictures, {escape(title)}: {escape('; '.join(image.text for image in images))}*")
    return "\n\n".join(parts) + "\n"


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
