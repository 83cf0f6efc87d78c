"""The result document: every number that any format shows."""

from analysis.results.build import build_result

__all__ = [
    "build_result",
]
