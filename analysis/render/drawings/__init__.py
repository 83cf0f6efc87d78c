"""Figures as SVG: the same bytes from the same numbers, each drawn once.

Colours are one blue of rising darkness and one orange, safe for colour-blind eyes and distinct in grey; nothing is told
by colour alone. Drawings read values of a document and compute none.
"""

from analysis.render.drawings.drawing import (
    BLUE,
    BLUES,
    DASHED,
    GREY,
    INK,
    ORANGE,
    PALE,
    WIDTH,
    column_labels,
    drawable,
    fit,
    lines_of,
    picture,
    share_axis,
    shared_drawings,
    shorten,
    text_width,
    wrap,
)
from analysis.render.drawings.fonts import BASE_FAMILY, CJK_FAMILY, CJK_FONT, Labels, figure_labels, missing_letters
from analysis.render.drawings.heat_maps import confusion_map, ink_on, similarity_map, two_confusions
from analysis.render.drawings.power import power_picture, power_svg
from analysis.render.drawings.ranking import MARKS, giils_ranking, giils_ranking_alt, ranking_intervals

__all__ = [
    "BASE_FAMILY",
    "BLUE",
    "BLUES",
    "CJK_FAMILY",
    "CJK_FONT",
    "DASHED",
    "GREY",
    "INK",
    "Labels",
    "MARKS",
    "ORANGE",
    "PALE",
    "WIDTH",
    "column_labels",
    "confusion_map",
    "drawable",
    "figure_labels",
    "fit",
    "giils_ranking",
    "giils_ranking_alt",
    "ink_on",
    "lines_of",
    "missing_letters",
    "picture",
    "power_picture",
    "power_svg",
    "ranking_intervals",
    "share_axis",
    "shared_drawings",
    "shorten",
    "similarity_map",
    "text_width",
    "two_confusions",
    "wrap",
]
