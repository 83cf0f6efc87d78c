"""Exported rows as a Parquet file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.names import GUARDED
from studyserver.studies.columns import Column
from studyserver.studies.errors import ExportError
from studyserver.studies.exports.dictionary import COLUMNS

try:
    import pyarrow
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet
except ImportError:  # the extra `analysis` is not installed; only Parquet needs it
    pyarrow = None


def write_parquet(table_csv: Path, target: Path, columns: Sequence[Column] = COLUMNS) -> int:
    """Write a table of an export again as Parquet, typed by its dictionary, batch by batch; returns the row count.

    `columns` are those of the table; without them it is responses.csv.

    Raises ExportError when pyarrow (extra `analysis`) is not installed.
    """
    if pyarrow is None:
        raise ExportError("Parquet needs the package pyarrow: pip install -c constraints.txt -e '.[analysis]'.")
    types = {
        "text": pyarrow.string(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(column.name, types[column.type]) for column in columns])
    options = pyarrow.csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=False, true_values=["1"], false_values=["0"]
    )
    rows = 0
    part = target.with_name(target.name + ".part")
    with (
        pyarrow.csv.open_csv(table_csv, convert_options=options) as batches,
        pyarrow.parquet.ParquetWriter(part, schema) as writer,
    ):
        for batch in batches:
            writer.write_batch(_as_named(batch))
            rows += batch.num_rows
    part.replace(target)
    return rows


def _as_named(batch: Any) -> Any:
    """The batch with its texts as they were before `analysis.spreadsheets.guard`."""
    columns = [
        pyarrow.compute.replace_substring_regex(column, pattern=f"^{GUARDED.pattern}", replacement=r"\1")
        if column.type == pyarrow.string()
        else column
        for column in batch.columns
    ]
    return pyarrow.record_batch(columns, schema=batch.schema)
