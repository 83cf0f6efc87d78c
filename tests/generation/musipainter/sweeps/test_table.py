"""Means, intervals and paired differences of a sweep, and the tables that show them."""

import csv
import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from generation.musipainter.sweeps.grid import Cell
from generation.musipainter.sweeps.table import MEASURES, RunFigures, as_csv, as_markdown, compare, difference, estimate

REFERENCE = Cell({"pooling": "attentive", "lambda_l1": 0.01}, True)
AVERAGE = Cell({"pooling": "average", "lambda_l1": 0.01}, False)
WITHOUT_L1 = Cell({"pooling": "attentive", "lambda_l1": 0.0}, False)
BY_NAME = {measure.name: measure for measure in MEASURES}


def runs(*values, seeds=None):
    return [
        RunFigures(seed, f"run-{seed}", 1, "0" * 64, dict.fromkeys(BY_NAME, value))
        for seed, value in zip(seeds or range(len(values)), values, strict=True)
    ]


def document(*cells, seeds=(0, 1, 2)):
    about = {
        "sweep": "ablate",
        "preset": "mini",
        "dataset": {"name": "tiny", "manifest_sha256": ""},
        "grid": {"seeds": list(seeds)},
        "notes": ["A note."],
    }
    return compare(about, cells, runs=len(cells) * len(seeds))


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=12).filter(lambda values: max(values) - min(values) > 1e-3))
def test_the_interval_is_scipys_t_interval(values):
    ours = estimate(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=stats.tmean(values), scale=stats.sem(values))
    assert (ours.n, ours.status) == (len(values), "ok")
    assert [ours.ci_low, ours.ci_high] == pytest.approx([low, high], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "status", "mean", "reason"),
    [
        ([], "too_small", None, "No seed has finished"),
        ([2.0], "too_small", 2.0, "1 seed: too few for an interval; take at least 3"),
        ([2.0, 4.0], "too_small", 3.0, "2 seeds: too few"),
        ([2.0, 2.0, 2.0], "degenerate", 2.0, "All seeds give the same figure"),
    ],
)
def test_too_few_or_equal_seeds_give_no_interval_but_words(values, status, mean, reason):
    found = estimate(values)
    assert (found.status, found.mean, found.ci_low, found.ci_high) == (status, mean, None, None)
    assert reason in found.reason


def test_differences_are_paired_by_seed_whatever_the_order():
    reference, cell = runs(1.0, 5.0, 9.0), runs(9.5, 1.1, 5.3, seeds=[2, 0, 1])
    found = difference(BY_NAME["generator"], AVERAGE, cell, REFERENCE, reference)
    expected = stats.ttest_rel([1.1, 5.3, 9.5], [1.0, 5.0, 9.0]).confidence_interval(0.95)
    assert found.mean == pytest.approx(0.3)
    assert [found.ci_low, found.ci_high] == pytest.approx([expected.low, expected.high])
    # A seed that only one of the two has finished is left out.
    assert difference(BY_NAME["generator"], AVERAGE, cell[:2], REFERENCE, reference).n == 2


def test_figures_that_measure_different_things_are_not_subtracted():
    found = {
        name: difference(measure, WITHOUT_L1, runs(1, 2, 3), REFERENCE, runs(1, 2, 4)).status
        for name, measure in BY_NAME.items()
    }
    assert found == {"generator": "ok", "class": "ok", "loss": "not_applicable", "hits": "ok"}
    other_label = Cell({"label_target": "image"}, False)
    label = Cell({"label_target": "table"}, True)
    found = {
        name: difference(measure, other_label, runs(1, 2, 3), label, runs(1, 2, 4)).status
        for name, measure in BY_NAME.items()
    }
    assert found == {"generator": "ok", "class": "not_applicable", "loss": "not_applicable", "hits": "ok"}
    # Eq. 2 squares the mean of a batch: in batches of another size it is another figure.
    of_one, of_eight = Cell({"validation_batch_size": 1}, True), Cell({"validation_batch_size": 8}, False)
    found = {
        name: difference(measure, of_eight, runs(1, 2, 3), of_one, runs(1, 2, 4)).status
        for name, measure in BY_NAME.items()
    }
    assert found == {"generator": "ok", "class": "not_applicable", "loss": "not_applicable", "hits": "ok"}


def test_the_document_is_json_without_nan_and_counts_what_is_missing():
    found = document((REFERENCE, runs(1.0, 2.0, 3.0)), (AVERAGE, runs(1.5)))
    assert json.loads(json.dumps(found, allow_nan=False))["runs"] == {"asked": 6, "finished": 4}
    assert found["cells"][0]["measures"]["loss"]["difference"] is None
    apart = found["cells"][1]["measures"]["loss"]["difference"]
    assert apart == asdict(estimate([0.5]))


def test_the_csv_has_a_row_for_each_cell_and_measure_and_leaves_out_what_does_not_exist():
    rows = list(
        csv.DictReader(
            as_csv(document((REFERENCE, runs(1.0, 2.0, 4.0)), (WITHOUT_L1, runs(2.0, 3.0, 6.0)))).decode().splitlines()
        )
    )
    assert len(rows) == 2 * len(MEASURES)
    assert [row["difference_n"] for row in rows if row["reference"] == "true"] == [""] * len(MEASURES)
    row = next(row for row in rows if row["measure"] == "generator" and row["reference"] == "false")
    assert (row["pooling"], row["lambda_l1"], row["n"], row["status"]) == ("attentive", "0.0", "3", "ok")
    assert float(row["difference_mean"]) == pytest.approx(4 / 3)
    loss = next(row for row in rows if row["measure"] == "loss" and row["reference"] == "false")
    assert (loss["difference_status"], loss["difference_mean"]) == ("not_applicable", "")


def test_the_markdown_says_seeds_and_why_there_is_no_interval():
    text = as_markdown(document((REFERENCE, runs(1.0, 2.0)), (WITHOUT_L1, runs(1.0, 2.5)), seeds=(0, 1))).decode()
    assert "2 cells, 2 seeds each (0, 1); 4 of 4 runs have finished." in text
    assert "| attentive | 0.0 | 2 | 1.75000 (too small) | +0.25000 (too small) |" in text
    assert "- 2 seeds: too few for an interval; take at least 3." in text
    assert "- lambda_l1 is another: the two figures measure different things." in text
    assert "nan" not in text.lower()
