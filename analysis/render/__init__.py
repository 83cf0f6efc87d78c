"""Formats of the result document. Renderers read it and compute nothing."""

from analysis.render.csv_tables import csv_tables
from analysis.render.html_page import html
from analysis.render.latex_tables import latex

__all__ = ["csv_tables", "html", "latex"]
