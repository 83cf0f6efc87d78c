"""The model's own metrics of a set: AIS, IIS, GIILS, retrieval, distances, and what compares with what."""

from analysis.metrics.block import arm_metrics, matched_score, require_comparable
from analysis.metrics.comparable import comparable_groups, side_by_side
from analysis.metrics.distances import feature_block
from analysis.metrics.machine import BOARD
from analysis.metrics.options import MetricOptions
from analysis.metrics.retrieval import answer_board
from analysis.metrics.sets import build_metrics

__all__ = [
    "BOARD",
    "MetricOptions",
    "answer_board",
    "arm_metrics",
    "build_metrics",
    "comparable_groups",
    "feature_block",
    "matched_score",
    "require_comparable",
    "side_by_side",
]
