"""The schema that ships is the one that the types give, and it refuses what they refuse."""

import copy
import json
from importlib.resources import files

import pytest

from analysis.results import MetricsDocument, Result, build_result, schema_of
from tests.analysis.json_schema import problems
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4


@pytest.mark.parametrize(("document", "name"), [(Result, "result"), (MetricsDocument, "metrics")])
def test_the_shipped_schema_is_the_one_of_the_types(document, name):
    shipped = (files("analysis") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(schema_of(document), indent=1) + "\n", "run python -m analysis.results.schema"


@pytest.fixture(scope="module")
def result():
    return build_result(table_4(), study_of())


def test_a_result_fits(result):
    assert problems(result, schema_of(Result)) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("schema",), "paragone-result/2", "is not 'paragone-result/1'"),
        (("design",), "pairs", "is not in"),
        (("arms", "a", "n_answers"), -1, "-1 < 0"),
        (("arms", "a", "overall", "rate"), 1.5, "1.5 > 1"),
        (("arms", "a", "overall", "p_value"), "small", "is not"),
        (("arms", "a", "overall", "status"), "fine", "is not in"),
        (("arms", "a", "categories", "Heavy metal", "n"), None, "is not"),
        (("arms", "a", "answer", "verdict"), "yes", "is not in"),
        (("arms", "a", "cells", 0, "p_holm"), -0.1, "-0.1 < 0"),
        (("provenance", "sources", "responses"), "abc", "does not match"),
        (("warnings",), None, "is not"),
    ],
)
def test_what_is_no_result_is_refused_by_name(result, path, value, words):
    broken = copy.deepcopy(result)
    *way, last = path
    inside = broken
    for key in way:
        inside = inside[key]
    inside[last] = value
    (problem, *_) = problems(broken, schema_of(Result))
    assert words in problem
    assert str(last) in problem


@pytest.mark.parametrize("key", ["overall", "pairs", "symmetry", "times", "metrics", "answer"])
def test_nothing_may_be_missing_from_an_arm(result, key):
    broken = copy.deepcopy(result)
    del broken["arms"]["a"][key]
    assert f"$.arms.a: {key} is missing" in problems(broken, schema_of(Result))
