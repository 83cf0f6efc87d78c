"""Sections on the study as a whole."""

from analysis.render.sections.study.comparisons import comparison_parts, comparison_table
from analysis.render.sections.study.provenance import arm_words, limits_html, limits_lines, provenance_rows
from analysis.render.sections.study.reading import DESIGN_WORDS, reading_parts
from analysis.render.sections.study.summary import summary_parts
from analysis.render.sections.study.taking_part import participant_parts

__all__ = [
    "DESIGN_WORDS",
    "arm_words",
    "comparison_parts",
    "comparison_table",
    "limits_html",
    "limits_lines",
    "participant_parts",
    "provenance_rows",
    "reading_parts",
    "summary_parts",
]
