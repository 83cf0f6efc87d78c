"""The table that compares the cells of a sweep: means over seeds, and differences from the reference seed by seed.

Intervals are Student's t intervals over seeds: how much another draw of initial weights, order and noise would move a
figure, on this one dataset. Each stands for itself; with many cells some lie off their true value by chance.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import stdtrit

from generation.musipainter.sweeps.grid import Cell, show_value
from generation.musipainter.training import LOSS

MIN_SEEDS = 3  # for an interval
LEVEL = 0.95


@dataclass(frozen=True)
class Measure:
    """A figure of a run. `needs`: options in which a cell must equal the reference, else they measure two things."""

    name: str
    title: str
    better: str  # "lower" or "higher"
    needs: tuple[str, ...] = ()


MEASURES = (
    Measure("generator", "Validation, eq. 1 (generator)", "lower"),
    Measure(
        "class", "Validation, eq. 2 (class)", "lower", ("label_target", "class_reduction", "validation_batch_size")
    ),
    Measure("loss", "Validation, overall loss", "lower", ("label_target", "validation_batch_size", *LOSS)),
    Measure("hits", "Nearest-centroid hits", "higher"),
)


@dataclass(frozen=True)
class RunFigures:
    """What one run gave.

    Attributes
    ----------
    seed : int
        Of the run.
    run : str
        Its name.
    epoch : int
        The epoch that was kept.
    weights_sha256 : str
        Of its weights file.
    values : dict of float
        By the name of the measure; losses of the epoch that was kept.
    """

    seed: int
    run: str
    epoch: int
    weights_sha256: str
    values: dict[str, float]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds. `status`: "ok", "too_small" (no interval), "degenerate" (all equal), "not_applicable"."""

    n: int
    mean: float | None
    sd: float | None
    ci_low: float | None
    ci_high: float | None
    status: str
    reason: str = ""


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, standard deviation and 95 % t interval of figures over seeds, as far as there are enough."""
    n = len(values)
    if not n:
        return Estimate(0, None, None, None, None, "too_small", "No seed has finished.")
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else None
    if n < MIN_SEEDS or sd is None:
        reason = f"{n} seed{'s' if n > 1 else ''}: too few for an interval; take at least {MIN_SEEDS}."
        return Estimate(n, mean, sd, None, None, "too_small", reason)
    if sd == 0:
        return Estimate(n, mean, sd, None, None, "degenerate", "All seeds give the same figure: no interval.")
    reach = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * sd / math.sqrt(n)
    return Estimate(n, mean, sd, mean - reach, mean + reach, "ok")


def difference(
    measure: Measure, cell: Cell, runs: Sequence[RunFigures], reference: Cell, others: Sequence[RunFigures]
) -> Estimate:
    """Cell minus reference, paired by seed; not applicable where the two measure different things."""
    other = {run.seed: run.values for run in others}
    for name in measure.needs:
        if cell.settings.get(name) != reference.settings.get(name):
            reason = f"{name} is another: the two figures measure different things."
            return Estimate(0, None, None, None, None, "not_applicable", reason)
    return estimate(
        [
            run.values[measure.name] - other[run.seed][measure.name]
            for run in runs
            if run.seed in other and measure.name in run.values and measure.name in other[run.seed]
        ]
    )


def compare(
    about: Mapping[str, Any], cells: Sequence[tuple[Cell, Sequence[RunFigures]]], *, runs: int
) -> dict[str, Any]:
    """Compare cells: means, paired differences from the reference, and their intervals.

    Parameters
    ----------
    about : mapping
        What it is a comparison of, as JSON.
    cells : sequence of (Cell, sequence of RunFigures)
        The reference first.
    runs : int
        How many the grid asks for.

    Returns
    -------
    dict
        The comparison as one document, as JSON.
    """
    reference, reference_runs = next((cell, figures) for cell, figures in cells if cell.is_reference)
    finished = sum(len(figures) for _, figures in cells)

    def judge(measure: Measure, cell: Cell, runs: Sequence[RunFigures]) -> dict[str, Any]:
        own = estimate([run.values[measure.name] for run in runs if measure.name in run.values])
        apart = None if cell.is_reference else asdict(difference(measure, cell, runs, reference, reference_runs))
        return asdict(own) | {"difference": apart}

    return {
        "schema": "paragone-sweep/1",
        **about,
        "runs": {"asked": runs, "finished": finished},
        "level": LEVEL,
        "measures": [{"name": measure.name, "title": measure.title, "better": measure.better} for measure in MEASURES],
        "cells": [
            {
                "settings": cell.settings,
                "reference": cell.is_reference,
                "runs": [asdict(run) for run in figures],
                "measures": {measure.name: judge(measure, cell, figures) for measure in MEASURES},
            }
            for cell, figures in cells
        ],
    }


COLUMNS = ("n", "mean", "sd", "ci_low", "ci_high", "status")


def as_csv(document: Mapping[str, Any]) -> bytes:
    """One row per cell and measure; a value that does not exist is empty.

    Parameters
    ----------
    document : mapping
        Of `compare`.

    Returns
    -------
    bytes
        UTF-8.
    """
    names = list(document["cells"][0]["settings"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["measure", "better", *names, "reference", *COLUMNS, *(f"difference_{name}" for name in COLUMNS)])
    for measure in document["measures"]:
        for cell in document["cells"]:
            figures = cell["measures"][measure["name"]]
            apart = figures["difference"] or dict.fromkeys(COLUMNS)
            settings = [show_value(cell["settings"][name]) for name in names]
            values = [*(figures[name] for name in COLUMNS), *(apart[name] for name in COLUMNS)]
            writer.writerow([measure["name"], measure["better"], *settings, str(cell["reference"]).lower(), *values])
    return text.getvalue().encode()


def as_markdown(document: Mapping[str, Any]) -> bytes:
    """A table per measure for people, and below it every reason why a figure is missing.

    Parameters
    ----------
    document : mapping
        Of `compare`.

    Returns
    -------
    bytes
        UTF-8.
    """
    names = list(document["cells"][0]["settings"])
    runs = document["runs"]
    seeds = document["grid"]["seeds"]
    lines = [
        f"# Sweep {document['sweep']}: {document['preset']} on {document['dataset']['name']}",
        "",
        f"{len(document['cells'])} cells, {len(seeds)} seed{'s' if len(seeds) > 1 else ''} each "
        f"({', '.join(map(str, seeds))}); {runs['finished']} of {runs['asked']} runs have finished.",
        "",
        *(f"- {note}" for note in document["notes"]),
    ]
    for measure in document["measures"]:
        lines += ["", f"## {measure['title']} ({measure['better']} is better)", ""]
        lines.append(
            f"| {' | '.join(names)} | n | mean [{LEVEL:.0%} interval] | minus reference [{LEVEL:.0%} interval] |"
        )
        lines.append("|" + "---|" * (len(names) + 3))
        reasons: dict[str, None] = {}
        for cell in document["cells"]:
            figures = cell["measures"][measure["name"]]
            apart = "reference" if cell["reference"] else _in_words(figures["difference"], signed=True)
            settings = [show_value(cell["settings"][name]).replace("|", "\\|") for name in names]
            lines.append(f"| {' | '.join(settings)} | {figures['n']} | {_in_words(figures)} | {apart} |")
            reasons |= {item["reason"]: None for item in (figures, figures["difference"] or {}) if item.get("reason")}
        if reasons:
            lines += ["", *(f"- {reason}" for reason in reasons)]
    return ("\n".join(lines) + "\n").encode()


def _in_words(figures: Mapping[str, Any], *, signed: bool = False) -> str:
    if figures["mean"] is None:
        return figures["status"].replace("_", " ")
    sign = "+" if signed else ""
    mean = f"{figures['mean']:{sign}.5f}"
    if figures["ci_low"] is None:
        return f"{mean} ({figures['status'].replace('_', ' ')})"
    return f"{mean} [{figures['ci_low']:{sign}.5f}, {figures['ci_high']:{sign}.5f}]"
