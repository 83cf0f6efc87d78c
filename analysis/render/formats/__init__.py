"""Writers of the parts of a report: HTML, LaTeX, Markdown, Typst."""

from analysis.render.formats.html import page
from analysis.render.formats.latex import latex_head, latex_of, part_latex
from analysis.render.formats.markdown import markdown_of
from analysis.render.formats.typst import compile_pdf, pdf_available, typst_document

__all__ = [
    "compile_pdf",
    "latex_head",
    "latex_of",
    "markdown_of",
    "page",
    "part_latex",
    "pdf_available",
    "typst_document",
]
