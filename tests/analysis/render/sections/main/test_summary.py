"""The main report: short, and everything that page one owes."""

import re

import pandas as pd
import pytest

from analysis.reading import all_jpegs
from analysis.render.parts import Beside, Gallery, Heading, Only, Paragraph, Points, Table, flat
from analysis.render.report import fill_sections, pdf, report_parts
from analysis.render.sections.main.summary import question_of
from analysis.results import build_result
from tests.analysis.metric_files import write_embeddings, write_features, write_thumbnails
from tests.analysis.metric_studies import answers, study
from tests.analysis.pdf_reader import pages_of_pdf
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4

MOST_PAGES, MOST_WORDS, MOST_P = 8, 2500, 20


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    return [write_thumbnails(folder / f"{name}.zip", name=name) for name in ("one", "two")]


@pytest.fixture(scope="module")
def result(tmp_path_factory, pictures):
    """Two arms of other people with pictures, metrics and distances, as the demo has them."""
    folder = tmp_path_factory.mktemp("metrics")
    spaces = [
        write_embeddings(folder / f"{name}.npz", name=name, seed=seed) for seed, name in enumerate(("one", "two"))
    ]
    features = [write_features(folder / f"{name}-f.npz", name=name) for name in ("one", "two")]
    rows = pd.concat([answers(boards=3), answers(arm="b", sets="two", boards=3)])
    return build_result(rows, study({"a": "one", "b": "two"}), spaces, features=features, images=pictures)


def main_parts(result, pictures=None):
    """The parts before the first appendix."""
    found = []
    for part in flat(report_parts(result, pictures)):
        if isinstance(part, Heading) and part.folded:
            return found
        found.append(part)
    return found


def test_the_main_report_of_two_arms_is_short(result, pictures):
    pages = pages_of_pdf(pdf(result, all_jpegs(pictures)))
    first = next(number for number, text in enumerate(pages) if "Appendix A. Each arm" in " ".join(text.split()))
    main = " ".join(pages[:first])
    assert first <= MOST_PAGES
    assert any("Models compared" in text for text in pages[:2])
    assert len(main.split()) <= MOST_WORDS
    parts = main_parts(result)
    sentences = " ".join(getattr(part, "text", "") + getattr(part, "caption", "") for part in parts)
    tables = [part for part in parts if isinstance(part, Table)]
    cells = [
        cell
        for table in tables
        for row in table.rows
        for head, cell in zip(table.head, row, strict=False)
        if re.match(r"p\b", head) and cell not in ("", "–")
    ]
    assert len(re.findall(r"\bp [=<>]", sentences)) + len(cells) <= MOST_P


def test_page_one_holds_question_answer_figure_matrices_and_what_is_not_shown(result):
    (parts,) = [one.parts for one in fill_sections(result) if one.section.chapter == "1"]
    question, *others = [part for part in parts if isinstance(part, Paragraph)]
    assert question.text == "Question: Is “a” better than “b”: do people match its pictures more often?"
    assert any(part.text == result["comparisons"][0]["sentence"] for part in others)
    (matrices,) = [part for part in parts if isinstance(part, Beside)]
    whole = result["arms"]["a"]
    assert f"({whole['confusion'][0][0]}/{whole['row_totals'][0]})" in matrices.parts[0].rows[0]
    (glance,) = [part for part in parts if isinstance(part, Table)]
    assert glance.head == ["Arm", "Correct", "95% interval", "p", "AIS", "IIS", "GIILS", "Distance"]
    (points,) = [part for part in parts if isinstance(part, Points)]
    assert any("was not asked" in text for text in points.texts)


def test_a_declared_question_is_the_one_that_is_answered(result):
    assert question_of(result) == ("Is “a” better than “b”: do people match its pictures more often?", False)
    declared = {**result, "study": {**result["study"], "primary_question": "fit"}}
    assert question_of(declared) == ("Do the pictures fit the music?", True)
    words = {**result, "study": {**result["study"], "primary_question": {"sentence": "Does it last?"}}}
    assert question_of(words) == ("Does it last?", True)


def test_a_second_answer_for_pictures_drawn_anew_stands_beside_the_first(result):
    second = {"sentence": "Not answered for other pictures.", "p_value": 0.4, "difference": 0.1}
    changed = {**result, "comparisons": [{**result["comparisons"][0], "drawn_anew": second}]}
    texts = [part.text for part in main_parts(changed) if isinstance(part, Paragraph)]
    assert sum("Not answered for other pictures." in text for text in texts) == 2
    (table,) = [part for part in main_parts(changed) if isinstance(part, Table) and part.label == "Models in one table"]
    assert any(row[0].startswith("Correct, pictures drawn anew") and ".400" in row for row in table.rows)


def test_pictures_stand_in_plates_with_their_hits_and_the_best_and_worst_at_the_end(result, pictures):
    galleries = [part for part in main_parts(result, all_jpegs(pictures)) if isinstance(part, Gallery)]
    *plates, best, worst = galleries
    assert {plate.title.rsplit(", ", 1)[1] for plate in plates} == {"a", "b"}
    assert (best.title, worst.title) == ("Best", "Worst")
    assert len(best.images) == len(worst.images) <= 8
    assert re.search(r"\(\d+/\d+\) right", best.images[0].text)
    assert all(picture.alt for picture in best.images)


def test_methods_and_results_can_be_pasted_and_items_that_are_not_known_stand_blank(result):
    texts = " ".join(part.text for part in main_parts(result) if isinstance(part, Paragraph))
    assert "12 participants took part." in texts
    assert result["arms"]["a"]["sentence"] in texts
    (items,) = [part for part in main_parts(result) if isinstance(part, Table) and part.label == "Reporting items"]
    known = dict(items.rows)
    assert known["Number of raters"] == "a 6, b 6"
    assert known["Pay"].startswith("not in the data")
    (planned,) = [part for part in main_parts(result) if isinstance(part, Table) and part.label.startswith("Planned")]
    assert ["Participants in each arm", "not planned", "6, 6"] in planned.rows


def test_one_arm_alone_has_the_same_chapters():
    parts = main_parts(build_result(table_4(), study_of()))
    heads = [part.text for part in parts if isinstance(part, Heading) and part.level == 2]
    assert heads == [
        "1. Summary", "2. Models compared", "3. Do the pictures fit?", "7. Methods and reporting", "8. Limits"
    ]  # fmt: skip
    assert not any(isinstance(part, Only) for part in parts)
