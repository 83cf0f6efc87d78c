"""Sections on the metrics of an arm or a set of images."""

from analysis.render.sections.metrics.arm import distance_parts, gallery_parts
from analysis.render.sections.metrics.scatter import place_names
from analysis.render.sections.metrics.side_by_side import distance_difference_parts, side_by_side_parts
from analysis.render.sections.metrics.similarity import metric_parts
from analysis.render.sections.metrics.tables import distance_grids, metric_grids
from analysis.render.sections.metrics.words import Place, is_ranked_jointly, measure, measures, with_error

__all__ = [
    "Place",
    "distance_difference_parts",
    "distance_grids",
    "distance_parts",
    "gallery_parts",
    "is_ranked_jointly",
    "measure",
    "measures",
    "metric_grids",
    "metric_parts",
    "place_names",
    "side_by_side_parts",
    "with_error",
]
