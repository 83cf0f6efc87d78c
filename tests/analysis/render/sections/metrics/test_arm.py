"""Metric sections of the study report: every design and every gap, in every format."""

import json
import re

import pandas as pd
import pytest

from analysis.reading.thumbnails import all_jpegs
from analysis.render import csv_tables, html, latex, markdown, shared_drawings
from analysis.render.parts import Table
from analysis.render.report import report_parts, typst_source
from analysis.results.build import build_result
from tests.analysis.json_schema import problems
from tests.analysis.latex_reader import check_latex
from tests.analysis.metric_files import CATEGORIES, write_embeddings, write_features, write_thumbnails
from tests.analysis.metric_studies import answers, study
from tests.analysis.outline import Outline
from tests.analysis.results.test_build import SCHEMA

BAD = re.compile(r"\b(NaN|nan|Infinity|inf|None|Undefined)\b")


@shared_drawings()
def check(result, pictures=None):
    """Every format is sound; returns the page's words."""
    json.dumps(result, allow_nan=False)
    assert problems(result, SCHEMA) == []
    page = Outline(html(result, pictures))
    words = " ".join(page.words)
    assert not BAD.search(words)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.targets) <= set(page.ids)
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    tables = [part for part in report_parts(result, pictures) if isinstance(part, Table)]
    assert not [table.caption for table in tables if any(len(row) > len(table.head) for row in table.rows)]
    check_latex(latex(result))
    for text in (markdown(result, pictures), latex(result), *csv_tables(result).values()):
        assert not BAD.search(text)
    return words


@pytest.mark.parametrize("design", ["one_to_one", "free"])
def test_people_machine_and_metrics_stand_together(tmp_path, design):
    path = write_embeddings(tmp_path / "e.npz")
    features, images = write_features(tmp_path / "f.npz"), write_thumbnails(tmp_path / "t.zip")
    result = build_result(
        answers(design=design), study({"a": "one"}, design=design), [path], features=[features], images=[images]
    )
    words = check(result, all_jpegs([images]))
    join = result["arms"]["a"]["metrics"]["join"]
    assert join["machine"]["total"] == sum(map(sum, result["arms"]["a"]["confusion"])) == 48
    for text in (
        "Beside people's answers", "Human temperature in the space “toy”", "Calibration of the space “toy”",
        "Mantel test", "Retrieval", "Fréchet distance (toy net)", "no correlation could be called significant",
        "The machine plays the same boards", "beyond both being right", "nothing of what people choose",
        "ab" * 32, "denominator: paper",
    ):  # fmt: skip
        assert text in words, text
    # The plates, the best and the worst, and the grid of the appendix.
    assert typst_source(result, all_jpegs([images])).count("data:image/jpeg") == 8 + 2 + 8
    names = set(csv_tables(result))
    assert {"people_and_metrics-toy.csv", "machine-toy.csv", "pictures-toy.csv", "distances-toy-net.csv"} <= names
    tex = latex(result)
    assert tex.count("\\begin{table}") == tex.count("\\end{table}") >= 9


def test_arms_of_one_space_share_a_ranking_and_others_never_do(tmp_path):
    one = write_embeddings(tmp_path / "one.npz")
    two = write_embeddings(tmp_path / "two.npz", name="two", seed=3)
    other = write_embeddings(tmp_path / "three.npz", name="two", seed=3, space={"weights": {"toy.bin": "99" * 32}})
    rows = pd.concat([answers(), answers(arm="b", sets="two")])
    document = study({"a": "one", "b": "two"})
    joined = build_result(rows, document, [one, two])
    assert "Model metrics side by side" in check(joined)
    assert [group["owners"] for group in joined["side_by_side"]] == [["a", "b"]]
    table = csv_tables(joined)["giils-toy.csv"]
    assert "\na," in table
    assert "\nb," in table
    apart = build_result(rows, document, [one, other])
    assert "Model metrics side by side" not in markdown(apart)
    assert apart["side_by_side"] == []
    tables = csv_tables(apart)
    assert ("\na," in tables["giils-toy.csv"], "\nb," in tables["giils-toy.csv"]) == (True, False)
    assert "\nb," in tables["giils-toy-2.csv"]


def test_an_arm_without_embeddings_says_so_beside_one_with(tmp_path):
    rows = pd.concat([answers(), answers(arm="b", sets="two")])
    result = build_result(rows, study({"a": "one", "b": "two"}), [write_embeddings(tmp_path / "e.npz")])
    assert "No model metrics (AIS, IIS, GIILS) stand here" in check(result)
    assert result["arms"]["b"]["metrics"] is None


def test_a_category_without_images_and_two_categories_alone(tmp_path):
    path = write_embeddings(tmp_path / "e.npz", categories=CATEGORIES[:3])
    result = build_result(answers(), study({"a": "one"}), [path])
    check(result)
    row = result["arms"]["a"]["metrics"]["join"]["per_category"][3]
    assert (row["n_images"], row["ais"]["value"]) == (0, None)
    pair = CATEGORIES[:2]
    two = build_result(
        answers(categories=pair, people=3),
        study({"a": "one"}, pair),
        [write_embeddings(tmp_path / "2.npz", categories=pair)],
    )
    assert "Too few categories" in check(two)
    nothing = build_result(
        answers(people=2), study({"a": "one"}), [write_embeddings(tmp_path / "3.npz", categories=("There", "Nowhere"))]
    )
    assert "no image of these categories has an embedding" in markdown(nothing)


def test_nobody_answered_and_many_categories(tmp_path):
    path = write_embeddings(tmp_path / "e.npz")
    empty = build_result(answers().iloc[:0], study({"a": "one"}), [path])
    assert empty["arms"]["a"]["metrics"]["join"] is None
    check(empty)
    names = tuple(f"Category number {n}" for n in range(12))
    many = build_result(
        answers(categories=names, clips=2, people=3),
        study({"a": "one"}, names),
        [write_embeddings(tmp_path / "m.npz", categories=names, clips=2)],
    )
    check(many)
    correlations = many["arms"]["a"]["metrics"]["join"]["correlations"]
    assert (correlations["ais"]["spearman"] is None, correlations["ais"]["p_value"]) == (False, None)
    assert many["arms"]["a"]["metrics"]["join"]["mantel"]["n_categories"] == 12
    assert "too large to weigh" in many["arms"]["a"]["metrics"]["join"]["temperature"]["method"]


def test_files_of_other_sets_are_named(tmp_path):
    features = write_features(tmp_path / "f.npz", name="stranger")
    images = write_thumbnails(tmp_path / "t.zip", name="stranger")
    result = build_result(answers(), study({"a": "one"}), [], features=[features], images=[images])
    found = " ".join(result["warnings"])
    assert "f.npz holds features of stimulus set 'stranger'" in found
    assert "t.zip holds thumbnails of stimulus set 'stranger'" in found
