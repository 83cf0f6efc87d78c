"""Figures of response times: shares of choices made after so many seconds, by right and wrong and by category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import wording
from analysis.render.drawings.drawing import BLUE, GREY, INK, ORANGE, WIDTH, drawing_style, drawn_once, fit, svg, wrap

# Colour and dashes differ both, so that lines are told apart in grey too; more lines than these are not.
LINES = (
    (BLUE, "-"),
    (ORANGE, (0, (4, 2))),
    (INK, (0, (1, 1.4))),
    (GREY, "-"),
    (BLUE, (0, (6, 2, 1, 2))),
    (ORANGE, (0, (1, 2.5))),
)
STEP = 0.16  # between two labels, of the height of the axes
LABEL_WIDTH = 1.2  # inches


@drawn_once
def times(arm: Mapping[str, Any], *, name: str) -> str | None:
    """Distribution of response times of right and wrong choices (log scale); None without times."""
    found = arm["times"]
    if found is None:
        return None
    curves = [(key, found["ecdf"][key]) for key in ("correct", "wrong")]
    return _drawn(curves, share=0.7, name=name, alt=times_alt(arm))


def times_alt(arm: Mapping[str, Any]) -> str:
    return f"Cumulative distribution of response times. {_medians(arm['times'], ('correct', 'wrong'), ' choices')}."


@drawn_once
def category_times(arm: Mapping[str, Any], labels: Sequence[str], *, name: str) -> str | None:
    """The same for the clips of each category; None without times, with one category, or with too many lines."""
    found = arm["times"]
    if found is None or not 2 <= len(labels) <= len(LINES):
        return None
    curves = [found["category_ecdf"].get(category, []) for category in arm["categories"]]
    texts = [_two_lines(wrap(label, LABEL_WIDTH)) for label in labels]
    return _drawn(list(zip(texts, curves, strict=True)), share=0.62, name=name, alt=category_times_alt(arm))


def category_times_alt(arm: Mapping[str, Any]) -> str:
    medians = _medians(arm["times"]["categories"], list(arm["categories"]), "")
    return f"Cumulative distribution of response times by category. {medians}."


def _two_lines(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([lines[0], fit(" ".join(lines[1:]), LABEL_WIDTH)] if len(lines) > 2 else lines)


def _medians(groups: Mapping[str, Any], keys: Sequence[str], what: str) -> str:
    return "; ".join(
        f"{key}{what}: median {wording.number(groups[key]['median'])} s (n = {groups[key]['n']})"
        for key in keys
        if groups.get(key)
    )


def _drawn(
    curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], *, share: float, name: str, alt: str
) -> str | None:
    """Steps of every (label, [(seconds, share at or below)]); the labels take what `share` leaves of the width.

    None where no choice took any time: a logarithm has no place for it.
    """
    if not any(points and points[-1][0] > 0 for _, points in curves):
        return None
    with drawing_style():
        figure = Figure(figsize=(WIDTH, 2.7))
        axes = figure.add_axes((0.1, 0.2, share, 0.74))
        for place, ((label, curve), (color, line)) in enumerate(zip(curves, LINES, strict=False)):
            points = [(seconds, reached) for seconds, reached in curve if seconds > 0]
            if not points:
                continue
            x, y = np.array(points).T
            axes.step(x, y, where="post", color=color, linestyle=line, linewidth=1.8)
            height = 0.92 - STEP * place
            beside: dict[str, Any] = {"color": color, "transform": axes.transAxes}
            axes.plot([1.03, 1.1], [height, height], linestyle=line, linewidth=1.8, clip_on=False, **beside)
            axes.text(1.12, height, label, va="center", linespacing=1.0, **beside)
        _scale(axes)
        return svg(figure, name=name, alt=alt)


def _scale(axes: Axes) -> None:
    """Seconds on a logarithmic scale with plain numbers, shares from none to all."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    low, high = low / 1.2, high * 1.2
    ticks = [step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(ticks, [wording.number(tick, digits=3) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_xlabel("seconds from ready to choice (log scale)")
