"""The report as a plain sequence of headings, paragraphs, tables and figures, for formats without a page layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import fonts
from analysis.render.formats.html import arm_words, provenance_rows
from analysis.render.limits import limits_lines
from analysis.render.parts import Heading, Paragraph, Part, Table, figure_files
from analysis.render.sections.answers.order import arm_parts
from analysis.render.sections.metrics.order import Pictures, arm_metric_parts, metric_comparison_parts
from analysis.render.sections.study.summary import (
    DESIGN_WORDS,
    comparison_parts,
    participant_parts,
    reading_parts,
    summary_parts,
)


def report_blocks(result: Mapping[str, Any], pictures: Pictures | None = None) -> Iterator[Part]:
    """Every part of the report that is more than a reading aid, in the order of the page."""
    labels = fonts.figure_labels(result["categories"])
    several = len(result["arms"]) > 1
    yield Heading(1, result["study"]["title"])
    as_of = f" Answers up to {wording.moment(result['as_of'])}." if result["as_of"] else ""
    yield Paragraph(DESIGN_WORDS[result["design"]] + as_of)
    for banner in result["banners"]:
        yield Paragraph(f"{banner['title']}. {banner['text']}", "banner")
    yield from summary_parts(result)
    if labels.warning:
        yield Paragraph(labels.warning, "warning")
    for i, name in enumerate(result["arms"], start=1):
        yield Heading(2, f"Arm “{name}”" if several else "Results")
        yield from _arm_blocks(result, name, labels, f"arm-{i}")
        yield from arm_metric_parts(result, name, labels.texts, pictures)
    yield from comparison_parts(result)
    yield from metric_comparison_parts(result, labels.texts)
    yield from participant_parts(result)
    yield from reading_parts(result)
    for dataset, points in limits_lines(result):
        yield Heading(2, f"Known limits of the dataset “{dataset}”")
        yield from (Paragraph(point) for point in points)
    yield Heading(2, "Provenance")
    yield Table("Where the numbers come from.", ["What", "Value"], [[k, v] for k, v in _provenance_lines(result)])


def figures(result: Mapping[str, Any]) -> dict[str, str]:
    """Every figure of the report as an SVG file, by file name."""
    return figure_files(report_blocks(result))


def _arm_blocks(result: Mapping[str, Any], name: str, labels: fonts.Labels, key: str) -> Iterator[Part]:
    words = arm_words(result["arms"][name])
    if words["source_words"]:
        yield Paragraph(words["source_words"])
    yield from arm_parts(result, name, labels, key)


def _provenance_lines(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(label, value if isinstance(value, str) else "; ".join(value)) for label, value in provenance_rows(result)]
