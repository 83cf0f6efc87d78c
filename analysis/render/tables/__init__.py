"""Tidy tables of a result: CSV and Parquet, every column described once."""

from analysis.render.tables.columns import COLUMNS, TidyTable, columns
from analysis.render.tables.grid import Column, Grid, csv_text, parquet_available, parquet_bytes

__all__ = [
    "COLUMNS",
    "Column",
    "Grid",
    "TidyTable",
    "columns",
    "csv_text",
    "parquet_available",
    "parquet_bytes",
]
