"""People's share of correct matches against a metric, one point per category, each with its name."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.render.drawings import BLUE, DASHED, GREY, PALE, WIDTH, text_width

Box = tuple[float, float, float, float]


def scatter_figure(rows: Sequence[Mapping[str, Any]], metric: str, name: str, chance: float | None) -> Figure:
    """Share of correct matches of every category against one metric, both with their 95% intervals.

    Args:
        rows: those of `join_arm`'s `per_category` that have both; metric: its key; name: how the axis calls it.
        chance: share correct under random matching, drawn as a line; None draws none.
    """
    figure = Figure(figsize=(WIDTH, 3.9))
    axes = figure.add_axes((0.14, 0.15, 0.83, 0.81))
    if chance is not None:
        axes.axhline(chance, color=GREY, linewidth=1, linestyle=DASHED)
        axes.text(0.995, chance, "chance", transform=axes.get_yaxis_transform(), ha="right", va="bottom", color=GREY)
    points = [(row[metric]["value"], row["rate"]) for row in rows]
    for row, (x, y) in zip(rows, points, strict=True):
        if row["ci_low"] is not None:
            axes.plot([x, x], [row["ci_low"], row["ci_high"]], color=PALE, linewidth=2.2, zorder=1)
        if row[metric]["ci_low"] is not None:
            axes.plot([row[metric]["ci_low"], row[metric]["ci_high"]], [y, y], color=PALE, linewidth=2.2, zorder=1)
    for x, y in points:
        axes.scatter(x, y, s=40, color=BLUE, edgecolor="white", zorder=3)
    axes.margins(x=0.16)
    axes.set_ylim(-0.03, 1.06)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes.set_ylabel("clips matched correctly", color=GREY)
    axes.set_xlabel(name, color=GREY)
    place_names(axes, points, [row["category"] if len(rows) <= 8 else str(n) for n, row in enumerate(rows, start=1)])
    return figure


def scatter_alt(rows: Sequence[Mapping[str, Any]], metric: str, name: str) -> str:
    """The scatter in words."""
    points = [
        f"{row['category']} {wording.percent(row['rate'], digits=0)} at {wording.points(row[metric]['value'])}"
        for row in rows
    ]
    return f"Share of correct matches against {name}, one point per category: {'; '.join(points)}."


def place_names(axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]) -> None:
    """Write a name near every point where it covers neither points nor other names; far ones get a thin line."""
    box = axes.get_window_extent()
    scale = 72 / axes.figure.dpi
    width, height = box.width * scale, box.height * scale
    pixels = axes.transData.transform(points)
    centres = [(float(x - box.x0) * scale, float(y - box.y0) * scale) for x, y in pixels]
    taken: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in centres]
    for (x, y), text in zip(centres, texts, strict=True):
        wide = text_width(text, size=9) * 72 + 3
        spots = [
            (left, bottom)
            for step in range(12)
            for bottom in (y + 5 + 12 * step, y - 15 - 12 * step)
            for left in (x + 5, x - wide - 5, x - wide / 2)
        ]
        inside = [(u, v) for u, v in spots if u >= 2 and u + wide <= width - 2 and v >= 2 and v + 11 <= height]
        free = [(u, v) for u, v in inside if not any(_overlap((u, v, u + wide, v + 11), other) for other in taken)]
        u, v = (free or inside or spots)[0]
        taken.append((u, v, u + wide, v + 11))
        far = abs(v - y) > 20
        axes.annotate(
            text, (x / width, y / height), (u / width, v / height), xycoords="axes fraction",
            textcoords="axes fraction", fontsize=9, va="bottom",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkB": 4} if far else None,
        )  # fmt: skip


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
