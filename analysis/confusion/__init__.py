"""What was taken for what: the confusion matrix, its cells and pairs, information, bias and use."""

from analysis.confusion.cells import cell_tests, response_bias, symmetry, two_way_symmetry
from analysis.confusion.choice import MAP_FROM, category_map, fit_choice
from analysis.confusion.even_use import METHOD, compare_use
from analysis.confusion.information import measure_information
from analysis.confusion.matrix import confusion_matrix, format_cells
from analysis.confusion.pairs import pair_tests, unconditional_pair_counts

__all__ = [
    "MAP_FROM",
    "METHOD",
    "category_map",
    "cell_tests",
    "compare_use",
    "confusion_matrix",
    "fit_choice",
    "format_cells",
    "measure_information",
    "pair_tests",
    "response_bias",
    "symmetry",
    "two_way_symmetry",
    "unconditional_pair_counts",
]
