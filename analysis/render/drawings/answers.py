"""Figures as inline SVG: same data, same bytes; no dates, no random ids, letters as outlines.

Colours are one blue of rising darkness and one orange (safe for colour-blind eyes, distinct in grey); nothing is told
by colour alone. Every function reads values of the result document and computes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import wording
from analysis.render.drawings import fonts
from analysis.render.drawings.drawing import (
    BLUE,
    BLUES,
    GREY,
    INK,
    ORANGE,
    PALE,
    WIDTH,
    column_labels,
    drawing_style,
    drawn_once,
    fit,
    shorten,
    svg,
    text_width,
    wrap,
)

MOST_NAMED_PARTICIPANTS = 40


@drawn_once
def confusion(arm: Mapping[str, Any], labels: Sequence[str], *, name: str) -> str:
    """Heat map of the confusion matrix: count and share of the row in every cell, diagonal framed."""
    counts, rates = np.array(arm["confusion"]), arm["row_rates"]
    k = len(labels)
    big = k > 8
    with drawing_style():
        rows = [wrap(text, 2.0) for text in labels]
        left = max(text_width(text) for text in rows) + 0.45
        cell = min(1.1, (WIDTH - left - 0.1) / k)
        columns = column_labels(labels, cell)
        if columns[0] == "1" and labels[0] != "1":
            numbered = [f"{i + 1}  {text}" for i, text in enumerate(labels)]
            rows = [fit(text, 2.5, size=9) if big else wrap(text, 2.3) for text in numbered]
            left = max(text_width(text, size=9 if big else 10) for text in rows) + 0.4
            cell = min(1.1, (WIDTH - left - 0.1) / k)
        # Rows are as high as their labels need, which for many categories is more than a square cell.
        step = max(0.19 * max(text.count("\n") + 1 for text in rows), cell * (0.8 if k <= 5 else 1), 0.22, 1.2 / k)
        head = max(text.count("\n") + 1 for text in columns) * 0.17 + 0.45
        figure = Figure(figsize=(WIDTH, step * k + head + 0.08))
        height = figure.get_figheight()
        axes = figure.add_axes((left / WIDTH, 0.04 / height, cell * k / WIDTH, step * k / height))
        shares = np.array([[rate if rate is not None else 0.0 for rate in row] for row in rates], dtype=float)
        axes.imshow(shares, cmap=BLUES, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        _grid_cells(axes, k)
        for i in range(k):
            for j in range(k):
                _cell_text(axes, i, j, int(counts[i][j]), rates[i][j], dense=big)
            axes.add_patch(Rectangle((i - 0.47, i - 0.47), 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=1.8))
        axes.set_xticks(range(k), columns, fontsize=9 if big else 10)
        axes.set_yticks(range(k), rows, fontsize=9 if big else 10)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("category of the image chosen", color=GREY)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_ylabel("category heard", color=GREY)
        return svg(figure, name=name, alt=confusion_alt(arm))


def confusion_alt(arm: Mapping[str, Any]) -> str:
    whole = arm["overall"]
    return (
        f"Heat map of the confusion matrix. Rows are the categories heard, columns the categories chosen; the framed "
        f"diagonal holds the {whole['correct']} correct matches of {whole['total']}. The table gives every cell."
    )


@drawn_once
def forest(arm: Mapping[str, Any], labels: Sequence[str], *, name: str) -> str:
    """Share correct with interval for every category and for all clips, against the chance line."""
    names = list(arm["categories"])
    entries = [(label, arm["categories"][category]) for label, category in zip(labels, names, strict=True)]
    whole = arm["overall"]
    with drawing_style():
        texts = [*(wrap(label, 2.0) for label, _ in entries), "All clips"]
        left = max(text_width(text) for text in texts) + 0.25
        lines = [max(1, text.count("\n") + 1) for text in texts]
        step = 0.2 * max(lines) + 0.16
        height = step * len(texts) + 0.75
        figure = Figure(figsize=(WIDTH, height))
        right = 1.0
        axes = figure.add_axes((left / WIDTH, 0.5 / height, (WIDTH - left - right) / WIDTH, (height - 0.72) / height))
        values = [entry for _, entry in entries] + [whole]
        for y, value in enumerate(values):
            _forest_row(axes, y, value, pooled=y == len(values) - 1)
        chances = {round(v["chance"], 6) for _, v in entries if v["chance"] is not None}
        if len(chances) == 1:
            chance = chances.pop()
            axes.axvline(chance, color=ORANGE, linestyle=(0, (4, 3)), linewidth=1.4, zorder=1)
            axes.text(
                chance,
                -0.62,
                f"chance {wording.number(100 * chance, digits=1)}%",
                color=ORANGE,
                ha="center",
                va="bottom",
            )
        axes.axhline(len(values) - 1.5, color=PALE, linewidth=0.8)
        axes.set_ylim(len(values) - 0.5, -0.6)
        axes.set_xlim(-0.01, 1.01)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        axes.set_yticks(range(len(values)), texts)
        axes.set_xlabel("matched correctly, 95% interval")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        return svg(figure, name=name, alt=forest_alt(arm))


def forest_alt(arm: Mapping[str, Any]) -> str:
    parts = [
        f"{category} {wording.percent(value['rate'], digits=0)}"
        for category, value in arm["categories"].items()
        if value["rate"] is not None
    ]
    return f"Share of correct matches per category with 95% intervals and the chance line: {'; '.join(parts)}."


@drawn_once
def null(arm: Mapping[str, Any], *, name: str) -> str | None:
    """Exact law of the total under random matching, with the observed total; None where there is no law."""
    law = arm["overall"]["null"]
    if law is None:
        return None
    observed, pmf = arm["overall"]["correct"], np.array(law["pmf"])
    totals = np.arange(law["first"], law["first"] + len(pmf))
    critical = law["critical"]["0.05"]
    with drawing_style():
        figure = Figure(figsize=(WIDTH, 2.7))
        axes = figure.add_axes((0.02, 0.2, 0.96, 0.62))
        usual = totals < critical
        if len(totals) <= 120:
            axes.bar(totals[usual], pmf[usual], width=0.86, color="#9cc0de", linewidth=0)
            axes.bar(
                totals[~usual], pmf[~usual], width=0.86, color=BLUE, linewidth=0, hatch="////", edgecolor="white"
            )  # fmt: skip
        else:
            axes.fill_between(totals, pmf, where=usual, step="mid", color="#9cc0de", linewidth=0)
            axes.fill_between(totals, pmf, where=~usual, step="mid", color=BLUE, linewidth=0)
        top = float(pmf.max())
        low, high = min(totals[0], observed) - 0.8, max(totals[-1], observed) + 0.8
        axes.vlines(observed, 0, top * 1.02, color=ORANGE, linewidth=2.2)
        _label_at(axes, observed, top * 1.06, f"observed {observed}", low, high, color=ORANGE)
        if abs(law["mean"] - observed) > 0.22 * (high - low):
            _label_at(axes, law["mean"], top * 1.06, f"expected {wording.number(law['mean'])}", low, high, color=GREY)
        axes.set_xlim(low, high)
        axes.set_ylim(0, top * 1.2)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, nbins=9))
        axes.set_xlabel("correct matches if everybody matched at random")
        return svg(figure, name=name, alt=null_alt(arm))


def null_alt(arm: Mapping[str, Any]) -> str:
    law, whole = arm["overall"]["null"], arm["overall"]
    critical = law["critical"]["0.05"]
    reached = (
        f"{critical} and more are significant at .05" if critical <= law["max"] else "no total is significant at .05"
    )
    return (
        f"Exact distribution of the number of correct matches under random matching: mean "
        f"{wording.number(law['mean'])}, standard deviation {wording.number(law['sd'])}; {reached}. "
        f"Observed: {whole['correct']}."
    )


@drawn_once
def tiles(arm: Mapping[str, Any], labels: Sequence[str], *, name: str) -> str | None:
    """One row per participant, best first, one column per category: filled = right, cross = wrong."""
    people = sorted(
        (p for p in arm["participants"] if p["total"]),
        key=lambda p: (-p["correct"] / p["total"], p["correct_by_category"], p["participant"]),
    )
    if not people:
        return None
    k, named = len(labels), len(people) <= MOST_NAMED_PARTICIPANTS
    single = all(n <= 1 for p in people for n in p["total_by_category"])
    with drawing_style():
        names = [shorten(p["participant"], 12) if named else "" for p in people]
        if any(fonts.missing_letters(text) for text in names):
            names = [str(i + 1) for i in range(len(people))]
        left = (max(text_width(text) for text in names) + 0.15) if named else 0.3
        right = 0.75
        cell = min(1.1, (WIDTH - left - right) / k)
        columns = column_labels(labels, cell)
        head = max(text.count("\n") + 1 for text in columns) * 0.17 + 0.12
        step = 0.27 if named else max(0.006, min(0.1, 6.0 / len(people)))
        height = head + step * len(people) + 0.1
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((left / WIDTH, 0.08 / height, cell * k / WIDTH, step * len(people) / height))
        shares = np.array(
            [
                [c / n if n else np.nan for c, n in zip(p["correct_by_category"], p["total_by_category"], strict=True)]
                for p in people
            ]
        )
        axes.imshow(np.ma.masked_invalid(shares), cmap=BLUES, vmin=0, vmax=1.25, aspect="auto", interpolation="nearest")
        if named:
            _tile_marks(axes, people, shares, single=single)
            axes.set_yticks(range(len(people)), names, fontsize=9)
            for y, p in enumerate(people):
                axes.text(k - 0.5 + 0.12, y, f"{p['correct']}/{p['total']}", va="center", fontsize=9, color=GREY)
            for edge in range(len(people) + 1):
                axes.axhline(edge - 0.5, color="white", linewidth=1.6)
        else:
            axes.set_yticks([])
            axes.set_ylabel(f"{len(people)} participants, best first", color=GREY)
        for edge in range(k + 1):
            axes.axvline(edge - 0.5, color="white", linewidth=1.6)
        axes.set_xticks(range(k), columns)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        return svg(figure, name=name, alt=tiles_alt(arm, named=named))


def tiles_alt(arm: Mapping[str, Any], *, named: bool) -> str:
    people = arm["participants"]
    best = sum(p["total"] > 0 and p["correct"] == p["total"] for p in people)
    return (
        f"One row per participant and one column per category, best participants first; dark marks correct matches. "
        f"{best} of {wording.plural(len(people), 'participant')} matched everything correctly."
        + (" The table gives every participant." if named else "")
    )


def _grid_cells(axes: Axes, k: int) -> None:
    for edge in range(k + 1):
        axes.axhline(edge - 0.5, color="white", linewidth=1.6)
        axes.axvline(edge - 0.5, color="white", linewidth=1.6)


def _cell_text(axes: Axes, i: int, j: int, n: int, rate: float | None, *, dense: bool) -> None:
    if rate is None or (n == 0 and dense):
        return
    color = _ink_on(rate) if n else GREY
    if dense:
        axes.text(j, i, str(n), ha="center", va="center", color=color, fontsize=7.5)
        return
    share = wording.percent(rate, digits=0)
    axes.text(j, i - 0.14, str(n), ha="center", va="center", color=color, fontsize=13)
    axes.text(j, i + 0.22, share, ha="center", va="center", color=color, fontsize=9)


def _ink_on(share: float) -> str:
    """White or ink, whichever stands out more on the heat map's colour of `share`."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in BLUES(share)[:3]]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return "white" if luminance < 0.18 else INK


def _forest_row(axes: Axes, y: int, value: Mapping[str, Any], *, pooled: bool) -> None:
    total = value["total"] if pooled else value["n"]
    if value["rate"] is None:
        axes.text(0.5, y, "no answers", ha="center", va="center", color=GREY)
        return
    if value["ci_low"] is not None:
        axes.hlines(
            y, value["ci_low"], value["ci_high"], color=INK if pooled else BLUE, linewidth=2.4 if pooled else 1.8
        )
        for end in (value["ci_low"], value["ci_high"]):
            axes.vlines(end, y - 0.13, y + 0.13, color=INK if pooled else BLUE, linewidth=1.6)
    axes.plot(
        value["rate"], y, marker="D" if pooled else "o", markersize=8, color=INK if pooled else BLUE,
        markeredgecolor="white", clip_on=False, zorder=3,
    )  # fmt: skip
    axes.text(1.05, y, f"{value['correct']}/{total}", ha="left", va="center", clip_on=False)


def _label_at(axes: Axes, x: float, y: float, text: str, low: float, high: float, *, color: str) -> None:
    """A label above x that stays inside the axes."""
    share = (x - low) / (high - low)
    side = "left" if share < 0.15 else "right" if share > 0.85 else "center"
    axes.text(x, y, text, ha=side, va="bottom", color=color)


def _tile_marks(axes: Axes, people: Sequence[Mapping[str, Any]], shares: np.ndarray, *, single: bool) -> None:
    for y, p in enumerate(people):
        for x, (c, n) in enumerate(zip(p["correct_by_category"], p["total_by_category"], strict=True)):
            if not n:
                axes.text(x, y, wording.NONE, ha="center", va="center", color=GREY, fontsize=9)
                continue
            color = _ink_on(shares[y][x] / 1.25)
            text = ("✓" if c else "×") if single else f"{c}/{n}"
            axes.text(x, y, text, ha="center", va="center", color=color, fontsize=9)
