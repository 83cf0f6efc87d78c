"""Sections on the answers of one arm."""

from analysis.render.sections.answers.categories import discrimination_table
from analysis.render.sections.answers.chance import INTERVAL_WORDS
from analysis.render.sections.answers.confusions import pair_table
from analysis.render.sections.answers.order import arm_parts, sections_of

__all__ = [
    "INTERVAL_WORDS",
    "arm_parts",
    "discrimination_table",
    "pair_table",
    "sections_of",
]
