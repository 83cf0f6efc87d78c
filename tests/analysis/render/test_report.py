"""Every edge case in every format: words where a number does not exist, nothing that a format cannot carry."""

import io
import json
import re
from pathlib import Path

import pyarrow.parquet
import pytest

from analysis.render import csv_tables, html, latex, markdown, parquet_tables, pdf
from analysis.render.report import grids
from analysis.render.sections import load_sections
from analysis.results import build_result
from tests.analysis.edges import DESIGNS, ODD, edge_studies
from tests.analysis.latex_reader import check_latex
from tests.analysis.outline import Outline
from tests.analysis.pdf_reader import text_of_pdf

CASES = list(edge_studies("free"))
TABLES = {table.name: table for section in load_sections().values() if not section.files for table in section.tables}
# What a program says where a person should read a word.
LEAKS = re.compile(r"(?<![\w.-])(nan|NaN|NAN|None|null|inf|Infinity|undefined|Undefined|True|False)(?![\w-])")
# What each edge must say, in every format that holds sentences.
WORDS = {
    "empty study": ["It cannot be said: nobody has answered."],
    "one participant": ["1 participant matched 2 of 4 clips", "cannot be said from one participant"],
    "one category": ["It cannot be said: every possible answer is equally right"],
    "k = 2": ["3 participants matched"],
    "all right": ["6 participants matched 24 of 24 clips", "All 6 participants have the same share"],
    "all wrong": ["6 participants matched 0 of 24 clips", "Not shown"],
    "odd names": ["3 participants matched"],
}


@pytest.fixture(scope="module")
def results():
    return {
        (case, design): build_result(*edge_studies(design)[case]) for case in CASES for design in DESIGNS
    }  # fmt: skip


def check_words(text, case):
    text = " ".join(text.split())
    assert not LEAKS.search(text), re.findall(rf".{{40}}{LEAKS.pattern}.{{20}}", text)
    for words in WORDS[case]:
        assert words in text, words


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_html_and_markdown_say_it_in_words(results, case, design):
    result = results[case, design]
    check_words(" ".join(Outline(html(result)).words), case)
    check_words(re.sub(r"\\(.)", r"\1", markdown(result)).replace("&amp;", "&"), case)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_pdf_text_can_be_read_out(results, case, design):
    text = " ".join(text_of_pdf(pdf(results[case, design])).split())
    text = re.sub(r"(\w)- (?=\w)", r"\1", text)
    assert not LEAKS.search(text)
    for words in WORDS[case]:
        assert re.sub(r"\W", "", words) in re.sub(r"\W", "", text), words
    if case == "odd names":
        assert ODD[0].replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_latex_is_sound(results, case, design):
    text = latex(results[case, design])
    rows = check_latex(text)
    assert not LEAKS.search(text)
    assert bool(rows) == (case != "empty study")
    if case == "odd names":
        assert sum(row[0] == "A & B_%#é漢" for row in rows) == 2


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_tables_are_typed_and_empty_where_there_is_no_value(results, case, design):
    result = results[case, design]
    texts, parquets = csv_tables(result), parquet_tables(result)
    assert {name.removesuffix(".csv") for name in texts} == set(TABLES)
    for name, grid in grids(result).items():
        assert not LEAKS.search(re.sub(r"\b(True|False)\b", "", texts[f"{name}.csv"])), name
        table = pyarrow.parquet.read_table(io.BytesIO(parquets[f"{name}.parquet"]))
        assert table.column_names == list(grid.columns)
        assert table.num_rows == len(grid.rows) == texts[f"{name}.csv"].count("\n") - 1
        for column in table.column_names:
            kind = {"string": "text", "int64": "integer", "double": "number", "bool": "boolean"}
            assert kind[str(table.schema.field(column).type)] == grid.columns[column].type
        for row, values in zip(table.to_pylist(), grid.rows, strict=True):
            assert tuple(row.values()) == values


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("case", CASES)
def test_json_has_no_value_that_is_no_number(results, case, design):
    text = json.dumps(results[case, design], allow_nan=False)
    assert "NaN" not in text
    assert json.loads(text) == results[case, design]


def test_odd_names_stand_whole_on_the_page(results):
    for design in DESIGNS:
        assert ODD[0] in " ".join(Outline(html(results["odd names", design])).words)


def test_the_reader_of_latex_refuses_what_latex_refuses():
    table = "\\begin{tabular}{lc}\na & %s \\\\\n\\end{tabular}\n"
    assert check_latex(table % r"50\%") == [["a", "50%"]]
    for broken in ("50%", "a_b", "x & y", "{", "#", "$x", r"\unknown", "a^b"):
        with pytest.raises(AssertionError):
            check_latex(table % broken)


def test_equal_documents_give_equal_bytes(results):
    result = results["odd names", "one_to_one"]
    assert parquet_tables(result) == parquet_tables(json.loads(json.dumps(result)))


def test_the_data_dictionary_lists_every_table_and_column(results):
    text = (Path(__file__).parents[3] / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    for name, grid in grids(results["odd names", "free"]).items():
        columns = ", ".join(f"`{column}`" for column in grid.columns if column != "arm")
        assert f"| `{name}` | {TABLES[name].row} | {columns} |" in text
        for column, found in grid.columns.items():
            assert f"| `{column}` | {found.type} | {found.meaning} |" in text
