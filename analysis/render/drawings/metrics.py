"""Figures of the model metrics: GIILS ranking, human results against a metric, similarity of categories.

Every function reads plain values and returns a Figure; `as_svg` turns it into the report's SVG, the same bytes each
time. Blue and orange are safe for colour-blind eyes, and arms differ in the shape of their marks as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.errors import MetricError
from analysis.metrics import require_comparable
from analysis.render.drawings import drawing
from analysis.render.drawings.drawing import BLUE, BLUES, GREY, INK, ORANGE, PALE, WIDTH

MARKS = ((BLUE, "o"), (ORANGE, "D"), (INK, "s"), (GREY, "^"))
ROW = 0.2
MOST_WRITTEN = 10


def as_svg(draw: Callable[[], Figure], *, name: str, alt: str) -> str:
    """Draw and save under the report's style, as an <svg> whose ids begin with `name`, which is one figure's alone."""

    def drawn() -> str:
        with drawing.drawing_style():
            return drawing.svg(draw(), name=name, alt=alt)

    return drawing.remembered((name, alt), drawn)


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
    texts = [drawing.wrap((labels or {}).get(name, name), 2.2) for name in rows]
    left = max(drawing.text_width(text) for text in texts) + 0.25
    legend = 0.32 if len(metrics) > 1 else 0.0
    lines = max(text.count("\n") + 1 for text in texts)
    height = max(ROW * lines, 0.14 + 0.12 * len(metrics)) * len(rows) + 0.75 + legend
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.5 / height, (WIDTH - left - 0.15) / WIDTH, 1 - (0.6 + legend) / height))
    axes.axvline(50, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
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
    return f"GIILS by category from highest to lowest with 95% intervals and the line at 50. {'; '.join(parts)}."


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


def human_against_metric(rows: Sequence[Mapping[str, Any]], *, metric: str, name: str, chance: float | None) -> Figure:
    """Share of correct matches of every category against one metric, both with their 95% intervals.

    Args:
        rows: `per_category` of `join_arm`; metric: its key (ais, iis, giils, vendi); name: how the axis calls it.
        chance: share correct under random matching, drawn as a line; None draws none.

    Raises:
        MetricError: no category has both values.
    """
    both = [row for row in rows if row["rate"] is not None and row[metric]["value"] is not None]
    if not both:
        raise MetricError(f"no category has both human answers and {name}")
    figure = Figure(figsize=(WIDTH, 3.9))
    axes = figure.add_axes((0.14, 0.15, 0.83, 0.81))
    if chance is not None:
        axes.axhline(chance, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        axes.text(0.995, chance, "chance", transform=axes.get_yaxis_transform(), ha="right", va="bottom", color=GREY)
    for row in both:
        x, y = row[metric]["value"], row["rate"]
        if row["ci_low"] is not None:
            axes.plot([x, x], [row["ci_low"], row["ci_high"]], color=PALE, linewidth=2.2, zorder=1)
        if row[metric]["ci_low"] is not None:
            axes.plot([row[metric]["ci_low"], row[metric]["ci_high"]], [y, y], color=PALE, linewidth=2.2, zorder=1)
    points = [(row[metric]["value"], row["rate"]) for row in both]
    for x, y in points:
        axes.scatter(x, y, s=40, color=BLUE, edgecolor="white", zorder=3)
    axes.margins(x=0.16)
    axes.set_ylim(-0.03, 1.06)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axes.set_ylabel("clips matched correctly", color=GREY)
    axes.set_xlabel(name, color=GREY)
    texts = [row["category"] if len(both) <= 8 else str(place) for place, row in enumerate(both, start=1)]
    _place_names(axes, points, texts)
    return figure


def _place_names(axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]) -> None:
    """Write a name near every point where it covers neither points nor other names; far ones get a thin line."""
    box = axes.get_window_extent()
    scale = 72 / axes.figure.dpi
    width, height = box.width * scale, box.height * scale
    pixels = axes.transData.transform(points)
    centres = [(float(x - box.x0) * scale, float(y - box.y0) * scale) for x, y in pixels]
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in centres]
    for (x, y), text in zip(centres, texts, strict=True):
        wide = drawing.text_width(text, size=9) * 72 + 3
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


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def human_against_metric_alt(rows: Sequence[Mapping[str, Any]], *, metric: str, name: str) -> str:
    """The scatter in words."""
    parts = [
        f"{row['category']} {wording.percent(row['rate'], digits=0)} at {wording.points(row[metric]['value'])}"
        for row in rows
        if row["rate"] is not None and row[metric]["value"] is not None
    ]
    return f"Share of correct matches against {name}, one point per category: {'; '.join(parts)}."


def category_similarity(
    table: Sequence[Sequence[float | None]], labels: Sequence[str], *, rows: str, columns: str
) -> Figure:
    """Heat map of mean cosines, (k, k): `rows` of a category against `columns` of a category, the diagonal framed."""
    values = np.array([[np.nan if value is None else value for value in row] for row in table], dtype=float)
    k = len(labels)
    texts = [drawing.wrap(text, 2.0) for text in labels]
    left = max(drawing.text_width(text) for text in texts) + 0.45
    cell = min(1.1, (WIDTH - left - 0.1) / k)
    heads = _column_heads(labels, cell)
    if heads[0] == "1" and labels[0] != "1":
        texts = [drawing.wrap(f"{place}  {text}", 2.3) for place, text in enumerate(labels, start=1)]
        left = max(drawing.text_width(text) for text in texts) + 0.45
        cell = min(1.1, (WIDTH - left - 0.1) / k)
    head = max(text.count("\n") + 1 for text in heads) * 0.17 + 0.45
    row = max(cell * (0.8 if k <= 5 else 1), max(text.count("\n") + 1 for text in texts) * 0.17 + 0.04)
    # Where a number no longer fits into its cell, a scale of colours stands below; the data table has the numbers.
    foot = 0.08 if k <= MOST_WRITTEN else 0.7
    height = row * k + head + foot
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, foot / height, cell * k / WIDTH, row * k / height))
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 1.0)
    span = max(high - low, 1e-9)
    drawn = axes.imshow(
        np.ma.masked_invalid(values), cmap=BLUES, vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    if k > MOST_WRITTEN:
        scale = figure.add_axes((left / WIDTH, 0.5 / height, cell * k / WIDTH, 0.1 / height))
        figure.colorbar(drawn, cax=scale, orientation="horizontal", label="mean cosine")
    size = 10 if k <= 8 else 7
    for i in range(k):
        for j in range(k):
            dark = np.isfinite(values[i, j]) and (values[i, j] - low) / span > 0.55
            text = f"{values[i, j]:.2f}" if np.isfinite(values[i, j]) else "–"
            if k <= MOST_WRITTEN:
                axes.text(j, i, text, ha="center", va="center", fontsize=size, color="white" if dark else INK)
        axes.add_patch(
            mpl.patches.Rectangle((i - 0.47, i - 0.47), 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=1.8)
        )
    axes.set_xticks(range(k), heads)
    axes.set_yticks(range(k), texts)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(columns, color=GREY)
    axes.set_ylabel(rows, color=GREY)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _column_heads(labels: Sequence[str], cell: float) -> list[str]:
    """Wrapped labels, or numbers where a word does not fit over its column."""
    widest = max(drawing.text_width(word) for label in labels for word in label.split() or [label])
    return drawing.column_labels(labels, cell) if widest <= cell - 0.08 else [str(i + 1) for i in range(len(labels))]


def category_similarity_alt(table: Sequence[Sequence[float | None]], labels: Sequence[str]) -> str:
    """The heat map in words."""
    own = [f"{label} {table[i][i]:.2f}" for i, label in enumerate(labels) if table[i][i] is not None]
    return f"Mean similarity of clips and images by category. On the framed diagonal, own category: {'; '.join(own)}."


def two_confusions(people: Sequence[Sequence[int]], machine: Sequence[Sequence[int]], labels: Sequence[str]) -> Figure:
    """Two confusion matrices of the same boards, people's left (or above) and the machine's right (or below)."""
    k = len(labels)
    beside = k <= 6
    texts = [drawing.wrap(f"{place}  {text}", 1.6 if beside else 2.4) for place, text in enumerate(labels, start=1)]
    left = max(drawing.text_width(text) for text in texts) + 0.3
    cell = (WIDTH - left - 0.35) / (2 * k) if beside else min(0.55, (WIDTH - left - 0.1) / k)
    panel = cell * k if beside else cell * k * 0.8
    panel = max(panel, k * (max(text.count("\n") + 1 for text in texts) * 0.17 + 0.03))
    head = 0.62
    figure = Figure(figsize=(WIDTH, head + panel + 0.08 if beside else 2 * (head + panel) + 0.1))
    height = figure.get_figheight()
    for place, (title, counts) in enumerate((("people", people), ("machine", machine))):
        x = (left + place * (cell * k + 0.25)) if beside else left
        y = height - head - panel - (0 if beside else place * (head + panel))
        axes = figure.add_axes((x / WIDTH, y / height, cell * k / WIDTH, panel / height))
        _matrix(axes, counts, k)
        axes.set_title(title, fontsize=10, color=INK, pad=20, loc="left")
        axes.set_yticks(range(k), texts if place == 0 or not beside else [""] * k)
    return figure


def _matrix(axes: Axes, counts: Sequence[Sequence[int]], k: int) -> None:
    values = np.array(counts, dtype=float)
    totals = values.sum(axis=1, keepdims=True)
    shares = np.divide(values, totals, out=np.zeros_like(values), where=totals > 0)
    axes.imshow(shares, cmap=BLUES, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    size = 10 if k <= 4 else 9 if k <= 8 else 7 if k <= 12 else 6
    for i in range(k):
        for j in range(k):
            colour = "white" if shares[i, j] > 0.5 else INK
            axes.text(j, i, f"{int(values[i, j])}", ha="center", va="center", fontsize=size, color=colour)
        axes.add_patch(
            mpl.patches.Rectangle((i - 0.47, i - 0.47), 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=1.6)
        )
    axes.set_xticks(range(k), [str(i + 1) for i in range(k)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def two_confusions_alt(people: Sequence[Sequence[int]], machine: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Both matrices in words: correct matches by category."""
    parts = [
        f"{label}: people {people[i][i]} of {sum(people[i])}, machine {machine[i][i]} of {sum(machine[i])}"
        for i, label in enumerate(labels)
    ]
    return f"Two confusion matrices of the same boards. Correct matches: {'; '.join(parts)}."
