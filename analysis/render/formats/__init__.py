"""Writers of the parts of a report: HTML, LaTeX, Markdown, Typst."""

from analysis.render.formats.html import make_environment, page_policy, template_text, text_of
from analysis.render.formats.latex import PACKAGES, escape, latex_cell, latex_of, latex_table, part_latex
from analysis.render.formats.markdown import markdown_of
from analysis.render.formats.typst import compile_pdf, pdf_available, typst_document
from analysis.render.formats.web_fonts import font_face

__all__ = [
    "PACKAGES",
    "compile_pdf",
    "escape",
    "font_face",
    "latex_cell",
    "latex_of",
    "latex_table",
    "make_environment",
    "markdown_of",
    "page_policy",
    "part_latex",
    "pdf_available",
    "template_text",
    "text_of",
    "typst_document",
]
