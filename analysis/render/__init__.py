"""Formats of the result document. Renderers read it and compute nothing."""

from analysis.render.blocks import figures
from analysis.render.csv_tables import csv_tables, parquet_available, parquet_tables
from analysis.render.drawing import shared_drawings
from analysis.render.html_page import html
from analysis.render.latex_tables import latex
from analysis.render.markdown_page import markdown
from analysis.render.pdf_page import pdf, pdf_available

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
