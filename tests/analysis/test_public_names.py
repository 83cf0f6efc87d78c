"""The names that other parts and outside users call: they exist, are called as promised, and say what they take."""

import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import MetricError
from tests.analysis.metrics_golden import random_set
from tests.analysis.tables import table_4

DOCS = Path(__file__).resolve().parents[2] / "docs"

# Arguments that must be given, then keywords that may be.
PROMISED = {
    "analysis.chance:rencontres": ("k", ""),
    "analysis.chance:matching_pmf": ("blocks", "design"),
    "analysis.chance:matching_sf": ("total blocks", "design"),
    "analysis.chance:critical_total": ("blocks alpha", "design"),
    "analysis.confusion:confusion_matrix": ("responses", "categories"),
    "analysis.confusion:format_cells": ("matrix", ""),
    "analysis.accuracy:per_category": ("responses", "confidence"),
    "analysis.accuracy:overall": ("responses", "confidence"),
    "analysis.accuracy:ability": ("responses", "confidence"),
    "analysis.accuracy:conditional_chance": ("responses", ""),
    "analysis.similarity:ais": ("images audio partner", "denominator"),
    "analysis.similarity:iis": ("images references partner", "denominator"),
    "analysis.similarity:giils": ("images labels", "background background_images self_pairs denominator"),
    "analysis.similarity:matching_null": ("images others partner", "within draws seed"),
    "analysis.similarity:label_null": ("images labels", "draws seed"),
    "analysis.distribution:frechet_distance": ("a b", ""),
    "analysis.distribution:kid": ("a b", ""),
    "analysis.distribution:cmmd": ("a b", ""),
    "analysis.distribution:vendi": ("a", ""),
    "analysis.distribution:prdc": ("real fake", "k"),
    "analysis.compare:compare_arms": ("responses a b same_participants", ""),
    "analysis.power:plan": ("design", "theta share"),
    "analysis.power:mde": ("plan", ""),
    "analysis.power:power_curve": ("plan", "thetas"),
    "analysis.results:build_result": ("responses", "study embeddings"),
    "analysis.render:html": ("result", ""),
    "analysis.render:pdf": ("result", ""),
    "analysis.render:latex": ("result", ""),
    "analysis.render:markdown": ("result", ""),
}
# Theirs are written where their rooms are: shapes and units would say nothing of documents.
OF_DOCUMENTS = ("analysis.results", "analysis.render")


def load(path):
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("path", PROMISED)
def test_a_public_name_is_called_as_promised(path):
    required, optional = (set(names.split()) for names in PROMISED[path])
    parameters = inspect.signature(load(path)).parameters
    assert {name for name, one in parameters.items() if one.default is one.empty} == required
    assert optional <= set(parameters)
    assert path.split(":")[1] in importlib.import_module(path.split(":")[0]).__dict__


@pytest.mark.parametrize("path", [path for path in PROMISED if not path.startswith(OF_DOCUMENTS)])
def test_a_public_name_says_what_it_takes_and_gives(path):
    text = inspect.getdoc(load(path))
    named = set(inspect.signature(load(path)).parameters)
    assert "\nParameters\n----------\n" in text
    assert "\nReturns\n-------\n" in text
    assert {name for name in named if not re.search(rf"\b{name}\b", text)} == set()


def test_scores_and_blocks_hold_what_is_promised():
    score, block = load("analysis.similarity:Score"), load("analysis.chance:Block")
    held = {field.name for field in fields(score)}
    assert {"x", "score", "se", "ci_low", "ci_high", "n", "null", "options"} <= held
    assert [field.name for field in fields(block)] == ["clip_categories", "image_categories"]
    assert load("analysis.chance:matching_pmf")([block(("a", "b"), ("a", "b"))]).tolist() == [0.5, 0.0, 0.5]


def test_designs_and_denominators_have_the_promised_defaults():
    for path in ("analysis.chance:matching_pmf", "analysis.chance:matching_sf", "analysis.chance:critical_total"):
        assert inspect.signature(load(path)).parameters["design"].default == "one_to_one"
    for path in ("analysis.similarity:ais", "analysis.similarity:iis", "analysis.similarity:giils"):
        assert inspect.signature(load(path)).parameters["denominator"].default == "paper"
    giils = inspect.signature(load("analysis.similarity:giils")).parameters
    assert (giils["background"].default, giils["self_pairs"].default) == ("all", False)


def examples(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)


def test_the_analyst_s_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table_4().to_csv("responses.csv", index=False)
    code = examples("analyst.md")[0]
    # Files are closed by whoever runs a script; here each is closed at once.
    exec(re.sub(r'open\("(\S+)", "w"\)\.write\((.*)\)', r'__import__("pathlib").Path("\1").write_text(\2)', code), {})
    assert "<h1" in Path("report.html").read_text(encoding="utf-8")


def test_the_example_of_the_metrics_runs():
    (code,) = examples("metrics.md")
    labels = np.array(["Electronic music", "Heavy metal"] * 4)
    exec(code, {"images": random_set(1, 8), "audio": random_set(2, 8), "partner": np.arange(8), "labels": labels})


# The plan of the house names rooms and files; it is written with them.
PAGES = sorted(path.name for path in DOCS.glob("*.md") if path.name != "architecture.md")


@pytest.mark.parametrize("page", PAGES)
def test_code_names_in_the_docs_exist(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:analysis|generation|studyserver)(?:\.\w+)+)[`(]", text))
    for module, names in re.findall(r"from ((?:analysis|generation|studyserver)[\w.]*) import ([\w, ]+)", text):
        named |= {f"{module}.{name.strip()}" for name in names.split(",")}
    for path in sorted(named):
        module, _, name = path.rpartition(".")
        try:
            importlib.import_module(path)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), name), f"{page} names {path}"


def test_impossible_input_ends_with_one_line():
    with pytest.raises(MetricError) as raised:
        load("analysis.similarity:ais")(np.ones((2, 3)), np.ones((2, 4)), [0, 1])
    assert "\n" not in str(raised.value)
