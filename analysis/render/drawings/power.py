"""Power against the number of participants, drawn."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from analysis import wording
from analysis.render.drawings.drawing import BLUE, DASHED, GREY, ORANGE, WIDTH, picture, share_axis
from analysis.render.parts import Picture, Table


def power_picture(document: Mapping[str, Any], caption: str = "", data: Table | None = None) -> Picture:
    """Exact power against theta, and against the number of participants where an effect was given."""
    alt = "Exact power. " + " ".join(document["sentences"])
    return picture(_curves, document, name="power", alt=alt, caption=caption, data=data)


def power_svg(document: Mapping[str, Any]) -> str:
    return power_picture(document).svg


def _curves(document: Mapping[str, Any]) -> Figure:
    total, target = document["total"], document["design"]["target_power"]
    panels = 2 if "theta" in total else 1
    figure = Figure(figsize=(WIDTH, 2.6 * panels + 0.2))
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.11, right=0.97, top=1 - 0.15 / panels, bottom=0.19 / panels, hspace=0.5)
    curve = np.array(total["power_curve"])
    axes[0].plot(curve[:, 0], curve[:, 1], color=BLUE, linewidth=2)
    axes[0].set_xlabel("theta: share of clips truly known")
    axes[0].set_xlim(0, curve[-1, 0])
    if total["smallest_theta"] is not None and total["smallest_theta"] <= curve[-1, 0]:
        axes[0].plot(total["smallest_theta"], target, "o", color=ORANGE, markersize=7)
        words = f"theta {wording.unit(total['smallest_theta'])}"
        axes[0].text(total["smallest_theta"] + 0.015, target - 0.09, words, color=ORANGE)
    if panels == 2:
        steps = np.array(total["participants_curve"])
        axes[1].plot(steps[:, 0], steps[:, 1], color=BLUE, linewidth=1.2, marker=".", markersize=5)
        axes[1].set_xlabel(f"participants, at theta {wording.unit(total['theta'])}")
        axes[1].set_xlim(0, steps[-1, 0] + 1)
        safe = total["safe_participants"]
        if safe is not None and safe <= steps[-1, 0]:
            axes[1].axvline(safe, color=ORANGE, linewidth=1.4, linestyle=DASHED)
            axes[1].text(safe + 0.01 * steps[-1, 0], 0.06, f"safe from {safe} on", color=ORANGE)
    for panel in axes:
        panel.axhline(target, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
        panel.set_ylim(0, 1.02)
        share_axis(panel.yaxis)
        panel.set_ylabel("power")
    return figure
