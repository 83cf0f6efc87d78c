"""The model's own metrics of a set of images, by a registry, and what compares with what."""

from analysis.metrics.block import arm_metrics
from analysis.metrics.comparable import comparable_groups, distances_side_by_side, require_comparable, side_by_side
from analysis.metrics.distances import feature_block
from analysis.metrics.matched import matched_score
from analysis.metrics.members import answer_board
from analysis.metrics.metric import ByCategory
from analysis.metrics.options import BOARD, MetricOptions
from analysis.metrics.registry import category_metrics, load_metrics
from analysis.metrics.sets import build_metrics

__all__ = [
    "BOARD",
    "ByCategory",
    "MetricOptions",
    "answer_board",
    "arm_metrics",
    "build_metrics",
    "category_metrics",
    "comparable_groups",
    "distances_side_by_side",
    "feature_block",
    "load_metrics",
    "matched_score",
    "require_comparable",
    "side_by_side",
]
