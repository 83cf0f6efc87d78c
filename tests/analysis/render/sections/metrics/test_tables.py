"""Metric tables as CSV and as typed Parquet: the same values, every column of its documented type and meaning."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from analysis.metrics.sets import build_metrics
from analysis.render import csv_tables, metrics, parquet_tables
from analysis.render.sections.metrics.columns import METRIC_COLUMNS
from analysis.render.sections.metrics.tables import METRIC_TABLES
from analysis.results.build import build_result
from tests.analysis.metric_files import CATEGORIES, write_embeddings, write_features
from tests.analysis.metric_studies import answers, study

TABLES = {table.name: table for table in METRIC_TABLES}
KINDS = {"string": "text", "int64": "integer", "double": "number"}
DICTIONARY = Path(__file__).parents[5] / "docs" / "metrics.md"


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """A study's report and a report of sets, as text and as Parquet; two images of the second set are alike."""
    root = tmp_path_factory.mktemp("tables")
    one, two = write_embeddings(root / "one.npz"), write_embeddings(root / "two.npz", name="two", clips=1)
    with np.load(one) as stored:
        held = dict(stored)
    held["image_embeddings"][1] = held["image_embeddings"][0]
    np.savez(one, **held)
    features = [write_features(root / "f.npz")]
    result = build_result(answers(people=8), study({"a": "one"}), [one], features=features)
    sets = build_metrics([one, two], features=features)
    kinds = tuple(f"{what}-" for what in TABLES)
    report = [{k: v for k, v in found(result).items() if k.startswith(kinds)} for found in (csv_tables, parquet_tables)]
    return (
        {
            "report": report,
            "sets": [metrics.csv_tables(sets), metrics.parquet_tables(sets)],
        },
        json.loads(json.dumps(result)),
        json.loads(json.dumps(sets)),
    )


def what_of(name):
    return max((what for what in TABLES if name.startswith(f"{what}-")), key=len)


@pytest.mark.parametrize("kind", ["report", "sets"])
def test_parquet_holds_the_values_of_the_csv_with_documented_types(documents, kind):
    texts, parquets = documents[0][kind]
    assert {name.removesuffix(".csv") for name in texts} == {name.removesuffix(".parquet") for name in parquets}
    for name, text in texts.items():
        head, *rows = csv.reader(io.StringIO(text))
        table = pyarrow.parquet.read_table(io.BytesIO(parquets[name.replace(".csv", ".parquet")]))
        assert table.column_names == head, name
        types = METRIC_COLUMNS | dict(TABLES[what_of(name)].columns)
        assert {c: KINDS[str(table.schema.field(c).type)] for c in head} == {c: types[c].type for c in head}
        assert table.num_rows == len(rows) > 0
        for row, values in zip(rows, table.to_pylist(), strict=True):
            for column, cell in zip(head, row, strict=True):
                value = values[column]
                kept = "" if value is None else value if types[column].type == "text" else pytest.approx(float(cell))
                assert (cell if types[column].type == "text" or cell == "" else float(cell)) == kept, (name, column)


def test_equal_documents_give_equal_bytes(documents):
    stored, result, sets = documents
    assert {name: data for name, data in parquet_tables(result).items() if name in stored["report"][1]} == stored[
        "report"
    ][1]
    assert metrics.parquet_tables(sets) == stored["sets"][1]


def test_every_table_occurs_and_every_column_is_explained(documents):
    found: dict[str, list[str]] = {}
    for texts, _ in documents[0].values():
        for name, text in texts.items():
            found[what_of(name)] = next(csv.reader(io.StringIO(text)))[1:]
    # Further metrics are those without a section of their own: tests/analysis/metrics/test_registry.py adds one.
    assert set(found) | {"further_metrics"} == set(TABLES)
    found["further_metrics"] = list(TABLES["further_metrics"].columns)
    text = DICTIONARY.read_text(encoding="utf-8")
    for what, columns in found.items():
        assert f"| `{what}` | {TABLES[what].row} | {', '.join(f'`{c}`' for c in columns)} |" in text
        for column in columns:
            meaning = TABLES[what].columns[column]
            assert f"| `{column}` | {meaning.type} | {meaning.meaning} |" in text
    assert CATEGORIES[0] in documents[0]["report"][0]["giils-toy.csv"]
