"""Arms compared: totals, categories and whole confusion matrices."""

from analysis.compare.arms import compare_arms, compare_scores, probability_higher
from analysis.compare.categories import compare_categories
from analysis.compare.knowledge import answer_thetas
from analysis.compare.matrices import compare_matrices
from analysis.compare.permutations import fair_sums, subset_sums
from analysis.compare.pictures import PictureComparison, Sample, compare_pictures, compare_samples

__all__ = [
    "PictureComparison",
    "Sample",
    "answer_thetas",
    "compare_arms",
    "compare_categories",
    "compare_matrices",
    "compare_pictures",
    "compare_samples",
    "compare_scores",
    "fair_sums",
    "probability_higher",
    "subset_sums",
]
