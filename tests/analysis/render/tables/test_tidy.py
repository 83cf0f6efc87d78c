import pytest

from analysis.render import csv_tables
from analysis.render.tables import COLUMNS, Column, TidyTable, columns, csv_text
from analysis.results import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4


def test_csv_holds_full_precision():
    result = build_result(table_4(), study_of())
    tables = csv_tables(result)
    assert repr(result["arms"]["a"]["overall"]["p_value"]) in tables["overall.csv"]
    assert "a,Electronic music,Heavy metal,5,12,0.4166666666666667" in tables["confusion.csv"]
    assert sum(line.startswith("a,") for line in tables["cells.csv"].splitlines()) == 12


def test_a_table_takes_its_columns_from_records_in_its_own_order():
    table = TidyTable("t", "one thing", columns("n arm", {"n": Column("integer", "Own.")}), lambda document: document)
    grid = table.grid([{"arm": "a", "n": 1, "other": 2}, {"arm": "b", "n": None}])
    assert csv_text(grid) == "n,arm\n1,a\n,b\n"
    assert grid.columns == {"n": Column("integer", "Own."), "arm": COLUMNS["arm"]}


def test_a_column_without_a_meaning_or_a_value_is_an_error():
    with pytest.raises(KeyError, match="unheard"):
        columns("arm unheard")
    with pytest.raises(KeyError, match="arm"):
        TidyTable("t", "one thing", columns("arm"), lambda document: [{}]).grid(None)
