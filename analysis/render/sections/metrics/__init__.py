"""Sections on the metrics of an arm or a set."""

from analysis.render.sections.metrics.order import (
    Pictures,
    arm_metric_parts,
    distances,
    gallery_parts,
    metric_blocks,
    metric_comparison_parts,
)
from analysis.render.sections.metrics.side_by_side import side_by_side_parts
from analysis.render.sections.metrics.similarity import metric_parts
from analysis.render.sections.metrics.words import Place

__all__ = [
    "Pictures",
    "Place",
    "arm_metric_parts",
    "distances",
    "gallery_parts",
    "metric_blocks",
    "metric_comparison_parts",
    "metric_parts",
    "side_by_side_parts",
]
