"""Tidy tables of a result: CSV and Parquet, every column described once."""

from analysis.render.tables.answers import csv_tables, parquet_tables
from analysis.render.tables.grid import csv_text, parquet_available
from analysis.render.tables.metrics import MetricTable, distance_tables, metric_tables, parquet_files

__all__ = [
    "MetricTable",
    "csv_tables",
    "csv_text",
    "distance_tables",
    "metric_tables",
    "parquet_available",
    "parquet_files",
    "parquet_tables",
]
