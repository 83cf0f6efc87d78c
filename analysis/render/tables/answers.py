"""tables/*: the report's tables with full precision, as CSV (empty where a value does not exist) and as Parquet.

Every row stands for itself: arm, then what it is about, then numbers. `table_columns` says what each column means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.render.sections.metrics import metric_blocks
from analysis.render.tables.columns import COLUMNS
from analysis.render.tables.grid import Grid, csv_text, parquet_available, parquet_bytes
from analysis.render.tables.metrics import MetricTable, distance_tables, metric_tables, parquet_files

__all__ = ["Grid", "csv_tables", "grids", "parquet_available", "parquet_tables"]

CATEGORY_COLUMNS = (
    "correct", "n", "rate", "ci_low", "ci_high", "ci_method", "chance", "p_value", "p_holm", "p_joint",
    "guess_corrected", "cohen_h", "status", "reason",
)  # fmt: skip
OVERALL_COLUMNS = (
    "correct", "total", "rate", "expected", "null_sd", "p_value", "mid_p", "p_two_sided", "guess_corrected", "ci_low",
    "ci_high", "ci_method", "method", "status", "reason",
)  # fmt: skip
PAIR_COLUMNS = ("a", "b", "errors", "a_as_b", "b_as_a", "expected", "p_value", "p_holm", "status", "reason")
APART_COLUMNS = (
    "a",
    "b",
    "right",
    "n",
    "ci_low",
    "ci_high",
    "p_value",
    "p_two_sided",
    "bayes_factor",
    "status",
    "reason",
)
CELL_COLUMNS = ("heard", "chosen", "n", "expected", "p_value", "p_holm", "p_bh")
COMPARISON_COLUMNS = (
    "a", "b", "same_participants", "n_a", "n_b", "difference", "ci_low", "ci_high", "ci_method", "p_value", "p_holm",
    "p_one_sided", "cliffs_delta", "hedges_g", "cohen_h", "method", "status", "reason",
)  # fmt: skip
AGREEMENT_COLUMNS = ("pairwise", "fleiss", "krippendorff", "randolph", "gwet")
TIME_COLUMNS = (
    "n", "median", "q25", "q75", "mean", "sd", "mad", "mad_normal", "geometric_mean", "trimmed_mean", "log_mean",
    "log_sd",
)  # fmt: skip
FLOW_COLUMNS = (
    "started",
    "completed",
    "withdrawn",
    "working",
    "excluded",
    "excluded_by_rules",
    "with_answers",
    "analysed",
)


def grids(result: Mapping[str, Any]) -> dict[str, Grid]:
    """Every table by name."""
    arms, categories = result["arms"], result["categories"]

    def of(columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> Grid:
        return Grid(tuple(columns), list(rows))

    return {
        "overall": of(
            ("arm", "n_participants", "n_blocks", *OVERALL_COLUMNS, "theta", "theta_low", "theta_high", "d_prime"),
            _overall(arms),
        ),
        "confusion": of(
            ("arm", "heard", "chosen", "n", "row_total", "row_share"),
            (
                (name, heard, chosen, arm["confusion"][i][j], arm["row_totals"][i], arm["row_rates"][i][j])
                for name, arm in arms.items()
                for i, heard in enumerate(categories)
                for j, chosen in enumerate(categories)
            ),
        ),
        "categories": of(
            ("arm", "category", *CATEGORY_COLUMNS, "chance_left"), (row for row in _categories(arms, categories))
        ),
        "pairs": of(("arm", *PAIR_COLUMNS), _listed(arms, "pairs", PAIR_COLUMNS)),
        "told_apart": of(("arm", *APART_COLUMNS), _listed(arms, "discriminations", APART_COLUMNS)),
        "cells": of(("arm", *CELL_COLUMNS), _listed(arms, "cells", CELL_COLUMNS)),
        "agreement": of(("arm", "coefficient", "value", "se", "ci_low", "ci_high"), _agreement(arms)),
        "times": of(("arm", "choices", *TIME_COLUMNS), _times(arms)),
        "positions": of(("arm", "kind", "position", "correct", "n"), _positions(arms)),
        "places": of(("arm", "category", "place", "shown", "expected"), _places(arms, categories)),
        "null_law": of(("arm", "total", "probability"), _law(arms)),
        "participants": of(
            ("arm", "participant", "category", "correct", "n"),
            (
                (name, p["participant"], category, p["correct_by_category"][i], p["total_by_category"][i])
                for name, arm in arms.items()
                for p in arm["participants"]
                for i, category in enumerate(categories)
            ),
        ),
        "comparisons": of(
            (*COMPARISON_COLUMNS, "p_matrix"),
            ((*(c[key] for key in COMPARISON_COLUMNS), c["matrix"]["p_value"]) for c in result["comparisons"]),
        ),
        "flow": of(
            ("arm", *FLOW_COLUMNS), ((name, *(f[c] for c in FLOW_COLUMNS)) for name, f in result["flow"].items())
        ),
    }  # fmt: skip


def csv_tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Text of every table by file name, those of model metrics included."""
    human = {f"{name}.csv": csv_text(grid) for name, grid in grids(result).items()}
    return human | {f"{name}.csv": csv_text(table.grid) for name, table in _metric_tables(result).items()}


def parquet_tables(result: Mapping[str, Any]) -> dict[str, bytes]:
    """The same tables as Parquet by file name, typed by `table_columns` and `metric_columns`."""
    human = {f"{name}.parquet": parquet_bytes(grid, COLUMNS) for name, grid in grids(result).items()}
    return human | parquet_files(_metric_tables(result))


def _metric_tables(result: Mapping[str, Any]) -> dict[str, MetricTable]:
    arms = result["arms"]
    tables = metric_tables("arm", {name: metric_blocks(arm) for name, arm in arms.items()})
    return tables | distance_tables("arm", {name: arm["distances"] for name, arm in arms.items()})


def _overall(arms: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        whole = arm["overall"]
        theta = (whole["theta"][key] for key in ("theta", "ci_low", "ci_high"))
        counts = (whole[column] for column in OVERALL_COLUMNS)
        yield name, arm["n_participants"], arm["n_blocks"], *counts, *theta, arm["sensitivity"]["d_prime"]


def _categories(arms: Mapping[str, Any], categories: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        left = {row["category"]: row["chance"] for row in arm["conditional_chance"]}
        for category in categories:
            yield (name, category, *(arm["categories"][category][c] for c in CATEGORY_COLUMNS), left.get(category))


def _listed(arms: Mapping[str, Any], key: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return ((name, *(row[c] for c in columns)) for name, arm in arms.items() for row in arm[key])


def _agreement(arms: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        found = arm["agreement"]
        yield name, "cohen_truth", found["cohen_truth"], None, found["cohen_truth_low"], found["cohen_truth_high"]
        for key in AGREEMENT_COLUMNS:
            interval = found["intervals"][key]
            yield name, key, found[key], interval["se"], interval["ci_low"], interval["ci_high"]


def _times(arms: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        times = arm["times"]
        if times is None:
            continue
        groups = {"all": times["all"], "correct": times["correct"], "wrong": times["wrong"]} | {
            f"category: {category}": found for category, found in times["categories"].items()
        }
        for label, found in groups.items():
            yield (name, label, *(found[c] if found else None for c in TIME_COLUMNS))


def _positions(arms: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        for kind, key in (("trial", "trials"), ("clip", "clip_positions"), ("confidence", "confidence")):
            found = arm[key] or {"position": [], "correct": [], "n": []}
            for place, correct, n in zip(found["position"], found["correct"], found["n"], strict=True):
                yield name, kind, place, correct, n


def _places(arms: Mapping[str, Any], categories: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        found = arm["clip_places"]
        for category, counts, expected in zip(categories, found["counts"], found["expected"], strict=False):
            for place, (shown, mean) in enumerate(zip(counts, expected, strict=True), start=1):
                yield name, category, place, shown, mean


def _law(arms: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, arm in arms.items():
        law = arm["overall"]["null"]
        if law:
            yield from ((name, total, p) for total, p in enumerate(law["pmf"], start=law["first"]))
