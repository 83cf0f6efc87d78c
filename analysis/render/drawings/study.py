"""Further figures: positions, flow of participants, map of categories."""

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
    GREY,
    INK,
    ORANGE,
    PALE,
    WIDTH,
    drawing_style,
    drawn_once,
    shorten,
    svg,
    text_width,
    wrap,
)

LOST = (
    ("withdrawn", "withdrew"),
    ("working", "not finished"),
    ("excluded", "excluded"),
    ("excluded_by_rules", "left out by rule"),
)


@drawn_once
def positions(arm: Mapping[str, Any], *, name: str) -> str | None:
    """Share correct by trial and by position of the clip on the page; None where there is one position only."""
    panels = [
        (title, arm[key])
        for title, key in (("trial", "trials"), ("position of the clip on the page", "clip_positions"))
        if len(arm[key]["position"]) > 1
    ]
    if not panels:
        return None
    with drawing_style():
        figure = Figure(figsize=(WIDTH, 2.3))
        figure.subplots_adjust(left=0.09, right=0.98, top=0.92, bottom=0.24, wspace=0.28)
        chance = arm["overall"]["expected"] / arm["overall"]["total"]
        for column, (title, found) in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), column + 1)
            shares = [c / n for c, n in zip(found["correct"], found["n"], strict=True)]
            axes.axhline(chance, color=ORANGE, linestyle=(0, (4, 3)), linewidth=1.4)
            axes.plot(found["position"], shares, color=BLUE, marker="o", markersize=5, linewidth=1.4)
            axes.set_ylim(0, 1.03)
            axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
            axes.set_xlim(found["position"][0] - 0.5, found["position"][-1] + 0.5)
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, nbins=8))
            axes.set_xlabel(title)
        return svg(figure, name=name, alt=positions_alt(arm))


def positions_alt(arm: Mapping[str, Any]) -> str:
    counts = ", ".join(
        f"{place}: {c}/{n}"
        for place, c, n in zip(arm["trials"]["position"], arm["trials"]["correct"], arm["trials"]["n"], strict=True)
    )
    return f"Share of correct matches by trial ({counts}) and by position of the clip; the dashed line is chance."


@drawn_once
def flow(result: Mapping[str, Any], *, name: str) -> str | None:
    """Participants from start to analysis, one column per arm; None where starts are not recorded or arms are many."""
    arms = list(result["flow"].items())
    if len(arms) > 3 or any(counts["started"] is None for _, counts in arms):
        return None
    with drawing_style():
        height = 3.4
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        axes.axis("off")
        width = WIDTH / len(arms)
        for column, (arm, counts) in enumerate(arms):
            left = column * width
            main, side = left + 0.12, left + width * 0.52
            box = min(width * 0.44, 2.2)
            steps = [("started", f"started\n{counts['started']}"), ("analysed", f"analysed\n{counts['analysed']}")]
            lost = [f"{words}: {counts[key]}" for key, words in LOST if counts[key]]
            if len(arms) > 1:
                axes.text(main, 0.22, shorten(_drawable(arm), 22), va="center", color=GREY)
            _box(axes, main, 0.45, box, 0.7, steps[0][1])
            _box(axes, main, 2.4, box, 0.7, steps[1][1])
            middle = main + box / 2
            axes.annotate("", (middle, 2.4), (middle, 1.15), arrowprops={"arrowstyle": "-|>", "color": GREY})
            if lost:
                tall = 0.26 * len(lost) + 0.2
                axes.plot([middle, side], [1.775, 1.775], color=GREY, linewidth=0.8)
                _box(axes, side, 1.775 - tall / 2, width * 0.46, tall, "\n".join(lost), size=8.5)
        return svg(figure, name=name, alt=flow_alt(result))


def flow_alt(result: Mapping[str, Any]) -> str:
    parts = [
        f"{arm}: {counts['started']} started, {counts['withdrawn']} withdrew, {counts['working']} not finished, "
        f"{counts['excluded']} excluded, {counts['excluded_by_rules']} left out by declared rules, "
        f"{counts['analysed']} analysed"
        for arm, counts in result["flow"].items()
    ]
    return f"Flow of participants. {'; '.join(parts)}."


@drawn_once
def category_plane(arm: Mapping[str, Any], labels: Sequence[str], *, name: str) -> str | None:
    """Map of categories by how they are taken for each other; None below six categories."""
    model = arm["choice_model"]
    if model is None or model["map"] is None:
        return None
    points = np.array(model["map"])
    with drawing_style():
        figure = Figure(figsize=(WIDTH, 4.4))
        axes = figure.add_axes((0.04, 0.04, 0.92, 0.92))
        axes.scatter(points[:, 0], points[:, 1], color=BLUE, s=28, zorder=2)
        low, high = points.min(axis=0), points.max(axis=0)
        room = np.maximum(high - low, 1e-6)
        # Long names in a crowded plane would overlap: numbers stand beside the points, names in the caption's key.
        places = _label_places((points - low) / room.max() * 4.0)
        for i, (x, y) in enumerate(points):
            axes.annotate(str(i + 1), (x, y), xytext=places[i], textcoords="offset points", ha="center", va="center")
        axes.set_xlim(low[0] - 0.12 * room[0], high[0] + 0.14 * room[0])
        axes.set_ylim(low[1] - 0.12 * room[1], high[1] + 0.14 * room[1])
        axes.set_aspect("equal", adjustable="box")
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set(visible=True, color=PALE)
        return svg(figure, name=name, alt=plane_alt(labels))


def _label_places(points: np.ndarray) -> list[tuple[float, float]]:
    """Offset in points of each label from its point (inches, (n, 2)): the nearest place free of points and labels."""
    taken = [(float(x) * 72, float(y) * 72) for x, y in points]
    places = []
    for x, y in [*taken]:
        ring = [(r * np.cos(a), r * np.sin(a)) for r in (10, 17, 25) for a in np.arange(0.25, 2, 0.25) * np.pi]
        room = [
            min((abs(x + dx - u) / 13 + abs(y + dy - v) / 11) for u, v in taken if (u, v) != (x, y)) for dx, dy in ring
        ]
        best = next((i for i, space in enumerate(room) if space > 1), int(np.argmax(room)))
        places.append((float(ring[best][0]), float(ring[best][1])))
        taken.append((x + ring[best][0], y + ring[best][1]))
    return places


def plane_alt(labels: Sequence[str]) -> str:
    return f"Map of {len(labels)} categories; those often taken for each other lie close together."


def _box(axes: Axes, x: float, y: float, width: float, height: float, text: str, *, size: float = 10) -> None:
    axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=INK, linewidth=1))
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=size, linespacing=1.4)


def _drawable(text: str) -> str:
    """The text, with letters that no font has replaced by a question mark."""
    missing = set(fonts.missing_letters(text))
    return "".join("?" if letter in missing else letter for letter in text)


@drawn_once
def differences(result: Mapping[str, Any], *, name: str) -> str | None:
    """Difference of every two arms with its interval, against no difference; None without any interval."""
    rows = [c for c in result["comparisons"] if c["ci_low"] is not None]
    if not rows:
        return None
    with drawing_style():
        texts = [wrap(_drawable(f"{c['a']} – {c['b']}"), 2.0) for c in rows]
        left = max(text_width(text) for text in texts) + 0.25
        step = 0.2 * max(text.count("\n") + 1 for text in texts) + 0.2
        height = step * len(rows) + 0.75
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((left / WIDTH, 0.52 / height, (WIDTH - left - 0.8) / WIDTH, (height - 0.6) / height))
        for y, c in enumerate(rows):
            axes.hlines(y, c["ci_low"], c["ci_high"], color=BLUE, linewidth=1.8)
            axes.vlines([c["ci_low"], c["ci_high"]], y - 0.1, y + 0.1, color=BLUE, linewidth=1.6)
            axes.plot(c["difference"], y, "o", markersize=8, color=BLUE, markeredgecolor="white", zorder=3)
            axes.text(
                1.03, y, wording.unit(c["difference"]), va="center", transform=axes.get_yaxis_transform(), clip_on=False
            )
        axes.axvline(0, color=ORANGE, linestyle=(0, (4, 3)), linewidth=1.4, zorder=1)
        reach = max(0.1, *(abs(c[end]) for c in rows for end in ("ci_low", "ci_high")))
        axes.set_xlim(-1.08 * reach, 1.08 * reach)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=6))
        axes.set_yticks(range(len(rows)), texts)
        axes.set_xlabel("difference in share correct, 95% interval")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        return svg(figure, name=name, alt=differences_alt(result))


def differences_alt(result: Mapping[str, Any]) -> str:
    parts = [
        f"{c['a']} minus {c['b']} {wording.unit(c['difference'])} {wording.interval(c['ci_low'], c['ci_high'])}"
        for c in result["comparisons"]
        if c["ci_low"] is not None
    ]
    return f"Differences in the share correct between arms, with 95% intervals: {'; '.join(parts)}."
