"""report.md: sentences and tables, without figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from analysis.render.blocks import Heading, Paragraph, Picture, Table, report_blocks

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")
MARKS = {"banner": "> **{}**", "warning": "- {}", "lead": "{}", "plain": "{}"}


def markdown(result: Mapping[str, Any]) -> str:
    """The report in Markdown (pipe tables); figures are left out, their text alternatives stand in their place."""
    parts = []
    for block in report_blocks(result):
        match block:
            case Heading(level, text):
                parts.append(f"{'#' * level} {escape(text)}")
            case Paragraph(text, kind):
                parts.append(MARKS[kind].format(escape(text)))
            case Table():
                parts.append(_table(block))
            case Picture(_, alt, _):
                parts.append(f"*Figure: {escape(alt)}*")
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Text on one line in which Markdown reads nothing special."""
    line = SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;")
    return re.sub(r"^(\d+)([.)])(\s)", r"\1\\\2\3", re.sub(r"^([-+=])", r"\\\1", line))


def _table(table: Table) -> str:
    lines = [
        "| " + " | ".join(map(escape, table.head)) + " |",
        "|" + "|".join([":--"] + ["--:"] * (len(table.head) - 1)) + "|",
    ]
    lines += ["| " + " | ".join(map(escape, row)) + " |" for row in table.rows]
    return f"{escape(table.caption)}\n\n" + "\n".join(lines)
