import html as html_module
import json
import re

import pytest

from analysis.render import csv_tables, html, latex, markdown
from analysis.results.build import build_result
from tests.analysis.outline import Outline
from tests.analysis.results.test_build import EDGE_CASES
from tests.analysis.studies import study_of, write_embeddings
from tests.analysis.tables import FOUR, ODD_NAMES, rows_of, table_4


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_edge_case_becomes_a_sound_page(case):
    frame, study = EDGE_CASES[case]
    result = build_result(frame, study)
    page = html(result)
    outline = Outline(page)
    text = " ".join(outline.words)
    assert not re.search(r"\b(nan|NaN|None|inf|Undefined)\b", text), re.findall(
        r".{30}\b(?:nan|NaN|None|inf)\b.{30}", text
    )
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    tables = csv_tables(result)
    assert not any(re.search(r"\b(nan|None|inf)\b", table) for table in tables.values())
    assert not re.search(r"\b(nan|None)\b", latex(result))
    assert not re.search(r"\b(nan|None)\b", markdown(result))


def test_equal_documents_give_equal_pages():
    result = build_result(table_4(), study_of())
    assert html(result) == html(result)


def test_page_loads_nothing_from_elsewhere():
    page = html(build_result(table_4(), study_of()))
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page)
    assert "url(http" not in page
    assert "@import" not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert html_module.unescape(policy[1]).startswith("default-src 'none'; style-src 'sha256-")


def test_page_shows_the_numbers_of_the_document():
    page = html(build_result(table_4(), study_of()))
    for words in (
        "38 of 48",
        "62.8–95.5%",
        "6.31 × 10⁻¹⁰",
        "(7/12)",
        "(5/12)",
        "7.72 × 10⁻⁴",
        "2 January 2026, 11:00 UTC",
    ):
        assert words in page
    assert "ab" * 32 in page


def test_marks_stand_above_every_number():
    page = html(build_result(table_4().assign(simulated=1), study_of(interim=True)))
    assert page.index("Simulated participants") < page.index("Interim look") < page.index("38 of 48")
    assert "<title>[Simulated participants] Does the picture fit?: report</title>" in page


def test_names_are_shown_as_text_never_as_markup():
    result = build_result(
        rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], ODD_NAMES), study_of(categories=ODD_NAMES, title="<i>T</i>")
    )
    page = html(result)
    assert "<b>x</b>" not in page
    assert "<i>T</i>" not in page
    words = " ".join(Outline(page).words)
    for name in ODD_NAMES:
        assert name in words


def test_letters_of_other_scripts_travel_with_the_page():
    page = html(build_result(rows_of([(0, 1, 2, 3)], ODD_NAMES), study_of(categories=ODD_NAMES)))
    assert '@font-face { font-family: "Paragone CJK"' in page
    assert "U+65E5" in page
    assert "@font-face" not in html(build_result(table_4()))


def test_letters_that_no_font_has_become_numbers_with_a_key_and_one_warning():
    names = ("Ragas \U00011315", "Fado", "Blues", "Jazz")
    page = html(build_result(rows_of([(0, 1, 2, 3), (1, 0, 2, 3)], names), study_of(categories=names)))
    assert page.count("Figures show numbers in place of category names, because no font here can draw U+11315.") == 1
    assert "Numbers stand for: 1 Ragas" in page


def test_metrics_stand_beside_the_human_results(tmp_path):
    write_embeddings(tmp_path / "e.npz", "set-a", FOUR)
    result = build_result(table_4(), study_of(), [tmp_path / "e.npz"])
    page = html(result)
    Outline(page)
    metrics = result["arms"]["a"]["metrics"]
    assert "Model metrics in the space “embedded”" in page
    assert f"{metrics['ais']['score']:.2f}" in page
    assert f"{metrics['giils'][FOUR[1]]['score']:.2f} ± {metrics['giils'][FOUR[1]]['se_score']:.2f}" in page
    assert "A note." in page
    without = html(build_result(table_4(), study_of()))
    assert "No model metrics (AIS, IIS, GIILS) stand here" in without


def test_known_limits_of_a_dataset_stand_once_as_text():
    study = study_of(arms=("a", "b"))
    for arm in study["arms"].values():
        arm["dataset"]["notes"] = "* **Few artists.** <script>alert(1)</script> [x](http://e.org)\n* Small."
    page = html(build_result(table_4().assign(arm="a"), study))
    assert page.count("<strong>Few artists.</strong>") == 1
    assert "<script>alert" not in page
    assert "<li>Small.</li>" in page
    assert 'href="http://e.org"' not in page


def test_many_categories_and_participants_still_fit():
    names = tuple(f"Category number {i} with a long name" for i in range(18))
    answers = [tuple((i + s) % 18 for i in range(18)) for s in (0, 0, 1)] * 17
    page = html(build_result(rows_of(answers, names)))
    Outline(page)
    assert "51 participants" in page
    assert len(json.dumps(page)) < 3_000_000


def test_names_begin_where_their_own_letters_do():
    """Title, categories and facts may be in any script; sentences around them are English."""
    page = html(build_result(table_4(), study_of(title="موسيقى وصور")))
    assert re.search(r'<h1 dir="auto"[^>]*>موسيقى وصور</h1>', page)
    assert "th, td.words, dd, caption { unicode-bidi: plaintext; }" in page
