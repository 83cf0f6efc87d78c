"""Matrices of categories as heat maps, the diagonal framed: confusions of people and machines, similarities."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.render.drawings.drawing import (
    BLUES,
    GREY,
    INK,
    ORANGE,
    WIDTH,
    column_labels,
    fit,
    lines_of,
    text_width,
    wrap,
)

Cells = Sequence[Sequence[Any]]
MOST_WRITTEN = 10


def confusion_map(counts: Cells, rates: Cells, labels: Sequence[str]) -> Figure:
    """Count and share of the row in every cell, (k, k): category heard in rows, category chosen in columns."""
    k = len(labels)
    big = k > 8
    size = 9 if big else 10
    rows = [wrap(text, 2.0) for text in labels]
    left, cell = _room(rows, k, gap=0.45)
    columns = column_labels(labels, cell)
    if columns[0] == "1" and labels[0] != "1":
        rows = [fit(text, 2.5, size=9) if big else wrap(text, 2.3) for text in _numbered(labels)]
        left, cell = _room(rows, k, gap=0.4, size=size)
    # Rows are as high as their labels need, which for many categories is more than a square cell.
    step = max(0.19 * lines_of(rows), cell * (0.8 if k <= 5 else 1), 0.22, 1.2 / k)
    height = step * k + (lines_of(columns) * 0.17 + 0.45) + 0.08
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, 0.04 / height, cell * k / WIDTH, step * k / height))
    shares = np.array([[rate if rate is not None else 0.0 for rate in row] for row in rates], dtype=float)
    _matrix(axes, shares, columns, rows, size=size)
    for edge in range(k + 1):
        axes.axhline(edge - 0.5, color="white", linewidth=1.6)
        axes.axvline(edge - 0.5, color="white", linewidth=1.6)
    for i in range(k):
        for j in range(k):
            _count(axes, i, j, int(counts[i][j]), rates[i][j], dense=big)
    _sides(axes, "category heard", "category of the image chosen")
    return figure


def similarity_map(table: Cells, labels: Sequence[str], rows: str, columns: str) -> Figure:
    """Mean cosines, (k, k): `rows` of a category against `columns` of a category."""
    values = np.array([[np.nan if value is None else value for value in row] for row in table], dtype=float)
    k = len(labels)
    texts = [wrap(text, 2.0) for text in labels]
    left, cell = _room(texts, k, gap=0.45)
    widest = max(text_width(word) for label in labels for word in label.split() or [label])
    heads = column_labels(labels, cell) if widest <= cell - 0.08 else [str(i + 1) for i in range(k)]
    if heads[0] == "1" and labels[0] != "1":
        texts = [wrap(text, 2.3) for text in _numbered(labels)]
        left, cell = _room(texts, k, gap=0.45)
    step = max(cell * (0.8 if k <= 5 else 1), lines_of(texts) * 0.17 + 0.04)
    # Where a number no longer fits into its cell, a scale of colours stands below; the data table has the numbers.
    foot = 0.08 if k <= MOST_WRITTEN else 0.7
    height = step * k + (lines_of(heads) * 0.17 + 0.45) + foot
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, foot / height, cell * k / WIDTH, step * k / height))
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 1.0)
    drawn = _matrix(axes, np.ma.masked_invalid(values), heads, texts, low=low, high=high)
    if k > MOST_WRITTEN:
        scale = figure.add_axes((left / WIDTH, 0.5 / height, cell * k / WIDTH, 0.1 / height))
        figure.colorbar(drawn, cax=scale, orientation="horizontal", label="mean cosine")
    for (i, j), value in np.ndenumerate(values) if k <= MOST_WRITTEN else ():
        dark = np.isfinite(value) and (value - low) / max(high - low, 1e-9) > 0.55
        text = f"{value:.2f}" if np.isfinite(value) else wording.NONE
        axes.text(j, i, text, ha="center", va="center", fontsize=10 if k <= 8 else 7, color="white" if dark else INK)
    _sides(axes, rows, columns)
    return figure


def two_confusions(
    people: Cells, machine: Cells, labels: Sequence[str], titles: tuple[str, str] = ("people", "machine")
) -> Figure:
    """Two confusion matrices of the same categories, the first left (or above) and the second right (or below)."""
    k = len(labels)
    beside = k <= 6
    texts = [wrap(text, 1.6 if beside else 2.4) for text in _numbered(labels)]
    left = max(text_width(text) for text in texts) + 0.3
    cell = (WIDTH - left - 0.35) / (2 * k) if beside else min(0.55, (WIDTH - left - 0.1) / k)
    panel = max(cell * k * (1 if beside else 0.8), k * (lines_of(texts) * 0.17 + 0.03))
    head = 0.62
    height = head + panel + 0.08 if beside else 2 * (head + panel) + 0.1
    figure = Figure(figsize=(WIDTH, height))
    for place, (title, counts) in enumerate(zip(titles, (people, machine), strict=True)):
        x = (left + place * (cell * k + 0.25)) if beside else left
        y = height - head - panel - (0 if beside else place * (head + panel))
        axes = figure.add_axes((x / WIDTH, y / height, cell * k / WIDTH, panel / height))
        values = np.array(counts, dtype=float)
        totals = values.sum(axis=1, keepdims=True)
        shares = np.divide(values, totals, out=np.zeros_like(values), where=totals > 0)
        names = texts if place == 0 or not beside else [""] * k
        _matrix(axes, shares, [str(i + 1) for i in range(k)], names, frame=1.6)
        size = 10 if k <= 4 else 9 if k <= 8 else 7 if k <= 12 else 6
        for (i, j), value in np.ndenumerate(values):
            colour = "white" if shares[i, j] > 0.5 else INK
            axes.text(j, i, f"{int(value)}", ha="center", va="center", fontsize=size, color=colour)
        axes.set_title(title, fontsize=10, color=INK, pad=20, loc="left")
    return figure


def ink_on(share: float) -> str:
    """White or ink, whichever stands out more on the heat map's colour of `share`."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in BLUES(share)[:3]]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return "white" if luminance < 0.18 else INK


def _room(rows: Sequence[str], k: int, *, gap: float, size: float = 10) -> tuple[float, float]:
    """Inches left of the matrix, for the rows' names, and the width of one of its k columns."""
    left = max(text_width(text, size=size) for text in rows) + gap
    return left, min(1.1, (WIDTH - left - 0.1) / k)


def _numbered(labels: Sequence[str]) -> list[str]:
    return [f"{place}  {text}" for place, text in enumerate(labels, start=1)]


def _matrix(
    axes: Axes, values: np.ndarray, heads: Sequence[str], rows: Sequence[str], *, low: float = 0, high: float = 1,
    size: float = 10, frame: float = 1.8,
) -> Any:  # fmt: skip
    """The colours of every cell, the diagonal framed, names of columns above."""
    drawn = axes.imshow(values, cmap=BLUES, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    for i in range(len(rows)):
        corner = (i - 0.47, i - 0.47)
        axes.add_patch(mpl.patches.Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=frame))
    axes.set_xticks(range(len(rows)), heads, fontsize=size)
    axes.set_yticks(range(len(rows)), rows, fontsize=size)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return drawn


def _sides(axes: Axes, rows: str, columns: str) -> None:
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(columns, color=GREY)
    axes.set_ylabel(rows, color=GREY)


def _count(axes: Axes, i: int, j: int, n: int, rate: float | None, *, dense: bool) -> None:
    if rate is None or (n == 0 and dense):
        return
    color = ink_on(rate) if n else GREY
    if dense:
        axes.text(j, i, str(n), ha="center", va="center", color=color, fontsize=7.5)
        return
    axes.text(j, i - 0.14, str(n), ha="center", va="center", color=color, fontsize=13)
    axes.text(j, i + 0.22, wording.percent(rate, digits=0), ha="center", va="center", color=color, fontsize=9)
