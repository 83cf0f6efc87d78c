"""Comparisons of arms, flow of participants and exclusions as parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.render.parts import Heading, Paragraph, Part


def summary_parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """The answer in plain words, before any table: every arm, every comparison, what exclusions change, warnings."""
    several = len(result["arms"]) > 1
    yield Heading(2, "In short: do the images fit the music?", anchor="short")
    for name, arm in result["arms"].items():
        first, *others = arm["answer"]["sentences"]
        yield Paragraph((f"{name}: " if several else "") + first, "lead")
        for text in others:
            yield Paragraph(text)
    for c in result["comparisons"]:
        yield Paragraph(c["sentence"])
    for sentence in result["excluded"]["sentences"]:
        yield Paragraph(sentence)
    for text in result["warnings"]:
        yield Paragraph(text, "warning")
