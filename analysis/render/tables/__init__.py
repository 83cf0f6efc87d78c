"""Tidy tables of a result: CSV and Parquet, every column described once."""

from analysis.render.tables.grid import Column, Grid, csv_text, parquet_available, parquet_bytes
from analysis.render.tables.tidy import COLUMNS, TidyTable, columns

__all__ = ["COLUMNS", "Column", "Grid", "TidyTable", "columns", "csv_text", "parquet_available", "parquet_bytes"]
