"""Ranking of categories by GIILS, of one set of images or of several side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.errors import MetricError
from analysis.metrics import require_comparable
from analysis.render.drawings.drawing import BLUE, DASHED, GREY, INK, ORANGE, PALE, WIDTH, lines_of, text_width, wrap

# Sets differ in the shape of their marks as well as in colour.
MARKS = ((BLUE, "o"), (ORANGE, "D"), (INK, "s"), (GREY, "^"))
ROW = 0.2


def giils_ranking(metrics: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str] | None = None) -> Figure:
    """GIILS by category, highest first, with single (thick) and joint (thin) intervals and the line at 50.

    Args:
        metrics: `arm_metrics` blocks by arm; arms of one category are joined by a line.
        labels: shown text by category; None takes the names.

    Raises:
        NotComparableError: blocks of different spaces or definitions.
        MetricError: no category has a score, or more than four arms.
    """
    require_comparable(metrics)
    if len(metrics) > len(MARKS):
        raise MetricError(f"{len(metrics)} arms: at most {len(MARKS)} can be told apart in one figure")
    rows = _ranked(metrics)
    if not rows:
        raise MetricError("no category has a GIILS")
    texts = [wrap((labels or {}).get(name, name), 2.2) for name in rows]
    left = max(text_width(text) for text in texts) + 0.25
    legend = 0.32 if len(metrics) > 1 else 0.0
    height = max(ROW * lines_of(texts), 0.14 + 0.12 * len(metrics)) * len(rows) + 0.75 + legend
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.5 / height, (WIDTH - left - 0.15) / WIDTH, 1 - (0.6 + legend) / height))
    axes.axvline(50, color=GREY, linewidth=1, linestyle=DASHED)
    for y, name in enumerate(rows):
        _join_arms(axes, y, [block["giils"][name]["score"] for block in metrics.values() if name in block["giils"]])
    offsets = np.linspace(-0.14, 0.14, len(metrics)) if len(metrics) > 1 else np.zeros(1)
    for (arm, block), offset, (colour, mark) in zip(metrics.items(), offsets, MARKS, strict=False):
        _arm_marks(axes, block["giils"], rows, offset, colour, mark, arm)
    axes.set_yticks(range(len(rows)), texts)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    space = next(iter(metrics.values()))["space"]["name"]
    axes.set_xlabel(f"GIILS in the space “{space}” (50: no label structure)", color=GREY)
    if len(metrics) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(metrics), frameon=False)
    return figure


def giils_ranking_alt(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """The ranking in words."""
    parts = []
    for arm, block in metrics.items():
        own = [f"{name} {wording.points(block['giils'][name]['score'])}" for name in _ranked({arm: block})]
        parts.append((f"{arm}: " if len(metrics) > 1 else "") + ", ".join(own))
    between = " with 95% intervals" if any(ranking_intervals(metrics)) else ""
    return f"GIILS by category from highest to lowest{between} and the line at 50. {'; '.join(parts)}."


def ranking_intervals(metrics: Mapping[str, Mapping[str, Any]]) -> tuple[bool, bool]:
    """Whether the ranking draws any interval of a single category, and any joint one."""
    rows = [row for block in metrics.values() for row in block["giils"].values() if row["score"] is not None]
    return any(row["ci_low"] is not None for row in rows), any(row["joint"] is not None for row in rows)


def _ranked(metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Categories with a score in any arm, by the score of the first arm that has one."""
    best: dict[str, float] = {}
    for block in metrics.values():
        for name, row in block["giils"].items():
            if row["score"] is not None:
                best.setdefault(name, row["score"])
    return sorted(best, key=lambda name: (-best[name], name))


def _join_arms(axes: Axes, y: int, scores: Sequence[float | None]) -> None:
    known = [score for score in scores if score is not None]
    if len(known) > 1:
        axes.plot([min(known), max(known)], [y, y], color=PALE, linewidth=4, solid_capstyle="butt", zorder=1)


def _arm_marks(
    axes: Axes, rows: Mapping[str, Any], order: Sequence[str], offset: float, colour: str, mark: str, arm: str
) -> None:
    shown = [(y + offset, rows[name]) for y, name in enumerate(order) if rows.get(name, {}).get("score") is not None]
    for y, row in shown:
        if row["joint"] is not None:
            axes.plot([row["joint"]["ci_low"], row["joint"]["ci_high"]], [y, y], color=colour, linewidth=0.8, zorder=2)
        if row["ci_low"] is not None:
            axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=colour, linewidth=2.4, zorder=2)
    values = [row["score"] for _, row in shown]
    axes.scatter(values, [y for y, _ in shown], s=34, color=colour, marker=mark, edgecolor="white", zorder=3, label=arm)
