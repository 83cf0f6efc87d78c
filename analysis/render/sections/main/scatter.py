"""People's share correct against one metric, a point for each category of each arm."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis.render.drawings import DASHED, GREY, MARKS, PALE, WIDTH, drawable
from analysis.render.sections.metrics import place_names

MOST_NAMED = 10
Points = Mapping[str, Sequence[Mapping[str, Any]]]


def joint_scatter(points: Points, metric: str, name: str, chance: float | None, texts: Mapping[str, str]) -> Figure:
    """Arms differ in colour and shape of their marks; names stand beside the points of a few, else in the table.

    Args:
        points: rows of `join_arm`'s `per_category` that have share and metric, by arm.
        metric: the key of the metric; name: how the axis calls it.
        chance: share correct under random matching, drawn as a line; None draws none.
        texts: what figures write for a category.
    """
    figure = Figure(figsize=(WIDTH, 3.0))
    several = len(points) > 1
    axes = figure.add_axes((0.12, 0.17, 0.85, 0.72 if several else 0.79))
    if chance is not None:
        axes.axhline(chance, color=GREY, linewidth=1, linestyle=DASHED)
        axes.text(0.995, chance, "chance", transform=axes.get_yaxis_transform(), ha="right", va="bottom", color=GREY)
    for (arm, rows), (colour, mark) in zip(points.items(), _marks(len(points)), strict=True):
        for row in rows:
            if row["ci_low"] is not None:
                value = row[metric]["value"]
                axes.plot([value, value], [row["ci_low"], row["ci_high"]], color=PALE, linewidth=2, zorder=1)
        values = [row[metric]["value"] for row in rows]
        axes.scatter(
            values, [row["rate"] for row in rows], s=38, color=colour, marker=mark, edgecolor="white", zorder=3,
            label=drawable(arm),
        )  # fmt: skip
    axes.margins(x=0.16)
    axes.set_ylim(-0.03, 1.08)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes.set_ylabel("matched correctly", color=GREY)
    axes.set_xlabel(name, color=GREY)
    every = [row for rows in points.values() for row in rows]
    if len(every) <= MOST_NAMED:
        names = [texts.get(row["category"], row["category"]) for row in every]
        place_names(axes, [(row[metric]["value"], row["rate"]) for row in every], names)
    if several:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=min(4, len(points)), frameon=False)
    return figure


def _marks(n: int) -> list[tuple[str, str]]:
    """Colour and shape of each arm; beyond four arms they come again."""
    return [MARKS[place % len(MARKS)] for place in range(n)]
