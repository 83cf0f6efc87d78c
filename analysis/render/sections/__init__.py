"""Sections of a report: each owns its words, tables, drawings and the columns of its tidy tables."""

from analysis.render.sections.registry import SECTIONS, load_sections
from analysis.render.sections.section import CHAPTERS, Chapter, Pictures, Scope, Section

__all__ = ["CHAPTERS", "SECTIONS", "Chapter", "Pictures", "Scope", "Section", "load_sections"]
