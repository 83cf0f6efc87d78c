import re

import pytest

from analysis.errors import AnalysisError
from analysis.render import markdown, pdf
from analysis.render.formats.typst import quote
from analysis.render.report import typst_source
from analysis.results.build import build_result
from tests.analysis.results.test_build import EDGE_CASES
from tests.analysis.studies import study_of, write_embeddings
from tests.analysis.tables import FOUR, ODD_NAMES, rows_of, table_4


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_edge_case_becomes_a_pdf(case):
    frame, study = EDGE_CASES[case]
    result = build_result(frame, study)
    source = typst_source(result)
    texts = re.sub(r"bytes\(.*?\"\)", "", source, flags=re.S)
    assert not re.search(r"\b(nan|NaN|None)\b", texts)
    assert pdf(result).startswith(b"%PDF-")


def test_same_document_same_bytes_without_a_clock_time():
    result = build_result(table_4(), study_of())
    first = pdf(result)
    assert first == pdf(result)
    assert not re.search(rb"CreationDate|ModDate|CreateDate|ModifyDate|D:\d{8}", first)


def test_page_is_tagged_and_carries_its_title_and_alternatives():
    content = pdf(build_result(table_4(), study_of()))
    assert b"/MarkInfo" in content
    assert b"/StructTreeRoot" in content
    assert b"/Lang" in content


def test_texts_of_a_study_are_strings_never_markup():
    assert quote('#let "x" \\ $y$') == '"#let \\"x\\" \\\\ $y$"'
    assert quote("two\nlines") == '"two lines"'
    study = study_of(categories=ODD_NAMES, title='#panic("no") "quoted"')
    assert pdf(build_result(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], ODD_NAMES), study)).startswith(b"%PDF-")


def test_letters_that_no_font_has_are_named_by_code():
    assert quote("Ragas \U00011315") == '"Ragas [U+11315]"'


def test_metrics_and_arms_fit_in(tmp_path):
    write_embeddings(tmp_path / "e.npz", "set-a", FOUR)
    result = build_result(table_4(), study_of(), [tmp_path / "e.npz"])
    assert "Model metrics in the space “embedded”" in typst_source(result)
    assert "Model metrics in the space “embedded”" in markdown(result)
    assert pdf(result).startswith(b"%PDF-")


def test_without_typst_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr("analysis.render.formats.pdf_available", lambda: False)
    with pytest.raises(AnalysisError, match=r"pip install -c constraints.txt -e '.\[analysis\]'"):
        pdf(build_result(table_4(), study_of()))
