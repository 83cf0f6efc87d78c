"""The test by renaming: each participant's heard categories change names over all boards, the choices are kept."""

from analysis.renaming.confusions import ConfusionLaws, confusion_laws
from analysis.renaming.laws import (
    EXACT_SIZE,
    Moments,
    category_law,
    draw_counts,
    drawn_total_p,
    total_law,
    total_moments,
)
from analysis.renaming.tables import Tables, tables_of

__all__ = [
    "EXACT_SIZE",
    "ConfusionLaws",
    "Moments",
    "Tables",
    "category_law",
    "confusion_laws",
    "draw_counts",
    "drawn_total_p",
    "tables_of",
    "total_law",
    "total_moments",
]
