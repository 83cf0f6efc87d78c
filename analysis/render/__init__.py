"""Formats of the result document. Renderers read it and compute nothing."""

from analysis.render.drawings.drawing import shared_drawings
from analysis.render.formats.html import html
from analysis.render.formats.latex import latex
from analysis.render.formats.markdown import markdown
from analysis.render.formats.typst import pdf, pdf_available
from analysis.render.report import figures
from analysis.render.tables.answers import csv_tables, parquet_available, parquet_tables

__all__ = [
    "csv_tables",
    "figures",
    "html",
    "latex",
    "markdown",
    "parquet_available",
    "parquet_tables",
    "pdf",
    "pdf_available",
    "shared_drawings",
]
