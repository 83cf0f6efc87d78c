"""Figures as SVG: the same bytes from the same numbers, each drawn once."""

from analysis.render.drawings import answers, fonts, metrics, study, times
from analysis.render.drawings.drawing import shared_drawings
from analysis.render.drawings.fonts import CJK_PACKAGE
from analysis.render.drawings.power import power_svg

__all__ = [
    "CJK_PACKAGE",
    "answers",
    "fonts",
    "metrics",
    "power_svg",
    "shared_drawings",
    "study",
    "times",
]
