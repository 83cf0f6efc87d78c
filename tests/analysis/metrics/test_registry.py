"""The registry of metrics: every member says what it is, and one more takes a line and a module."""

import csv
import io
import json
from importlib.resources import files

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.errors import MetricError, NotComparableError
from analysis.metrics.block import arm_metrics
from analysis.metrics.comparable import definition, require_comparable
from analysis.metrics.options import MetricOptions
from analysis.metrics.registry import METRICS, category_metrics, load_metric, load_metrics
from tests.analysis.json_schema import problems
from tests.analysis.metric_files import CATEGORIES, write_embeddings
from tests.analysis.metric_studies import answers, study

TOY = '''"""Mean cosine of every image with its own clip."""

import numpy as np

from analysis.metrics.metric import ByCategory, Metric


def _row(values):
    value, n = float(values.mean()), len(values)
    se = float(values.std(ddof=1)) / n**0.5
    ends = {"ci_low": value - 2 * se, "ci_high": value + 2 * se, "null": 0.0}
    return {"value": value, "se": se, **ends, "n": n, "status": "ok", "reason": ""}


def _values(given):
    used = given.embeddings
    own = np.vecdot(used.images, used.audio[used.partner]).astype(float)
    return own, used.image_labels


def entries(given):
    return {"closeness": _row(_values(given)[0])}


def by_category(given):
    own, labels = _values(given)
    return {name: _row(own[labels == name]) for name in given.categories if (labels == name).sum() > 1}


METRIC = Metric(
    title="Closeness",
    definition="Mean cosine of an image with its own clip.",
    entries=entries,
    needs=("images", "references"),
    options=("sample_seed",),
    by_category=ByCategory(by_category),
)
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    (tmp_path / "toy_closeness.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(METRICS, "closeness", "toy_closeness:METRIC")


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / "tables" / name).read_text(encoding="utf-8"))))


def test_every_member_says_what_it_is_and_holds_its_own_entries(tmp_path):
    block = arm_metrics(write_embeddings(tmp_path / "e.npz"), list(CATEGORIES))
    assert list(load_metrics()) == list(METRICS)
    for name, metric in load_metrics().items():
        assert metric.title
        assert metric.definition.endswith(".")
        assert metric.has_section
        assert set(metric.empty or {}) <= set(block) or metric.without_people, name
        assert set(metric.options) <= set(block["options"])
    assert [metric.title for metric, _ in category_metrics().values()] == ["AIS", "IIS", "GIILS", "Vendi score"]


def test_a_name_that_is_not_registered_is_refused_with_those_that_are():
    with pytest.raises(MetricError, match=r"There is no metric 'fid': use one of ais, iis, giils, .*machine\."):
        load_metric("fid")


def test_a_set_without_images_of_the_categories_has_every_entry_empty(tmp_path):
    block = arm_metrics(write_embeddings(tmp_path / "e.npz"), ["Elsewhere"])
    assert (block["status"], block["ais"], block["giils"], block["by_category"]) == ("too_small", None, {}, {})
    full = arm_metrics(tmp_path / "e.npz", list(CATEGORIES))
    assert set(block) == set(full)


def test_a_new_metric_stands_in_the_metrics_of_a_set(toy, tmp_path):
    path, out = write_embeddings(tmp_path / "e.npz"), tmp_path / "out"
    assert main(["metrics", str(path), "--out", str(out)]) == 0
    document = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    schema = json.loads((files("analysis") / "schema" / "metrics.schema.json").read_text(encoding="utf-8"))
    assert problems(document, schema) == []
    (block,) = document["sets"]["one"]["metrics"]
    found = block["closeness"]
    assert (found["n"], found["null"]) == (16, 0.0)
    page = (out / "metrics.html").read_text(encoding="utf-8")
    markdown = (out / "metrics.md").read_text(encoding="utf-8")
    assert "Closeness: Mean cosine of an image with its own clip." in page
    line = f"Closeness | {found['value']:.4f} | {found['se']:.4f} | [{found['ci_low']:.4f}, {found['ci_high']:.4f}] | 0"
    assert line in markdown.replace("\\", "")
    assert block["sha256"] in page
    (row,) = rows_of(out, "further_metrics-toy.csv")
    assert (row["set"], row["measure"], row["n"], row["null"]) == ("one", "Closeness", "16", "0.0")
    assert (float(row["value"]), float(row["ci_low"])) == (found["value"], found["ci_low"])
    assert (row["space"], row["embeddings_sha256"]) == ("toy", block["sha256"])
    assert (out / "tables" / "further_metrics-toy.parquet").is_file()


def test_a_new_metric_stands_beside_people_s_answers(toy, tmp_path):
    path = write_embeddings(tmp_path / "e.npz")
    answers(people=8).to_csv(tmp_path / "responses.csv", index=False)
    (tmp_path / "study.json").write_text(json.dumps(study({"a": "one"})), encoding="utf-8")
    command = ["report", str(tmp_path / "responses.csv"), "--embeddings", str(path), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    block = result["arms"]["a"]["metrics"]
    assert block["closeness"]["status"] == "ok"
    assert block["by_category"]["Sky"]["closeness"]["n"] == 4
    assert block["join"]["correlations"]["closeness"]["n"] == 4
    assert block["join"]["reliability"]["metrics"]["closeness"]["n_categories"] == 4
    assert "Closeness: Mean cosine" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Closeness" in {row["metric"] for row in rows_of(tmp_path / "out", "correlations-toy.csv")}
    (row,) = rows_of(tmp_path / "out", "further_metrics-toy.csv")
    assert (row["arm"], float(row["value"])) == ("a", block["closeness"]["value"])


def test_a_new_metric_that_lacks_an_array_says_so(toy, tmp_path):
    path = write_embeddings(tmp_path / "e.npz")
    with np.load(path) as stored:
        held = dict(stored)
    for key in ("reference_embeddings", "reference_ids", "reference_labels"):
        held[key] = held[key][:0]
    np.savez(path, **held | {"reference_partner": np.full(16, -1)})
    assert main(["metrics", str(path), "--out", str(tmp_path / "out")]) == 0
    (row,) = rows_of(tmp_path / "out", "further_metrics-toy.csv")
    assert (row["value"], row["status"]) == ("", "not_applicable")
    assert row["reason"] == "the set has no reference artworks"
    assert "the set has no reference artworks" in (tmp_path / "out" / "metrics.md").read_text(encoding="utf-8")


def test_options_that_make_a_metric_another_quantity_keep_it_apart(toy, tmp_path):
    path = write_embeddings(tmp_path / "e.npz")
    one = arm_metrics(path, list(CATEGORIES))
    two = arm_metrics(path, list(CATEGORIES), MetricOptions(sample_seed=1))
    assert definition(one)["options.sample_seed"] == 0
    with pytest.raises(NotComparableError, match=r"options\.sample_seed is 0 and 1"):
        require_comparable({"one": one, "two": two})
