"""Studies at the edges, in both designs: what every format must put into words."""

from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, rows_of

ODD = ("A & B_%#é漢", "Fado", "Blues", "Jazz")
DESIGNS = ("one_to_one", "free")


def edge_studies(design):
    """Frame and study document by name of the edge."""
    free = design == "free"
    lone, pair = (FOUR[:1], FOUR[:2])

    def case(answers, names=FOUR):
        return rows_of(answers, names, design=design), study_of(categories=names, design=design)

    empty, study = case([(0, 1, 2, 3)])
    return {
        "empty study": (empty.iloc[:0], study),
        "one participant": case([(0, 2, 1, 3)]),
        "one category": case([(0,)] * 5, lone),
        "k = 2": case([(0, 1), (0, 0) if free else (1, 0), (0, 1)], pair),
        "all right": case([(0, 1, 2, 3)] * 6),
        "all wrong": case([(1, 0, 3, 2)] * 6),
        "odd names": case([(0, 1, 2, 3), (1, 0, 2, 3), (3, 3, 2, 0) if free else (3, 1, 2, 0)], ODD),
    }
