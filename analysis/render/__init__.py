"""Formats of the result document. Renderers read it and compute nothing."""

from analysis.render import metrics
from analysis.render.drawings import power_svg, shared_drawings
from analysis.render.formats import pdf_available
from analysis.render.plan import plan_html
from analysis.render.report import csv_tables, figures, html, latex, markdown, parquet_tables, pdf
from analysis.render.tables import parquet_available

__all__ = [
    "csv_tables",
    "figures",
    "html",
    "latex",
    "markdown",
    "metrics",
    "parquet_available",
    "parquet_tables",
    "pdf",
    "pdf_available",
    "plan_html",
    "power_svg",
    "shared_drawings",
]
