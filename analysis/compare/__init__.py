"""Arms compared: totals, categories and whole confusion matrices."""

from analysis.compare.arms import compare_arms, compare_scores, probability_higher
from analysis.compare.categories import compare_categories
from analysis.compare.matrices import compare_matrices
from analysis.compare.permutations import fair_sums, subset_sums

__all__ = [
    "compare_arms",
    "compare_categories",
    "compare_matrices",
    "compare_scores",
    "fair_sums",
    "probability_higher",
    "subset_sums",
]
