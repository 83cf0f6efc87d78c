import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.paper.tables import consistent_with_one_to_one, decompose, paper, responses_from_table
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import TABLE_2


@pytest.mark.parametrize("name", ["table_2", "table_3", "table_4"])
def test_rows_of_a_table_give_its_matrix_again(name):
    table = paper()[name]
    answers = answers_from(responses_from_table(table, arm=name), table["categories"])
    assert answers.matrix.tolist() == table["counts"]
    assert answers.n_participants == table["participants"]


def test_table_2_is_the_one_of_the_tests():
    assert paper()["table_2"]["counts"] == [list(row) for row in TABLE_2]


def test_table_4_has_one_set_of_answers():
    found = decompose(paper()["table_4"]["counts"], 12)
    assert found.unique
    assert found.answers == {(0, 1, 2, 3): 7, (0, 2, 1, 3): 5}
    assert sorted(found.answers) == [tuple(p) for p in STATS["T4.permutations_in_support"]]


def test_table_2_is_not_one_to_one():
    assert not consistent_with_one_to_one(TABLE_2, 12)
    with pytest.raises(AnalysisError, match="not one-to-one answers"):
        decompose(TABLE_2, 12)


def test_several_sets_of_answers_are_not_chosen_from():
    # Two 3-cycles, or three swaps and a perfect answer less: [[1,1,1]]*3 is a sum in two ways.
    table = {"design": "one_to_one", "categories": list("abc"), "participants": 3, "counts": [[1] * 3] * 3}
    assert not decompose(table["counts"], 3).unique
    with pytest.raises(AnalysisError, match="Several sets of answers fit"):
        responses_from_table(table, arm="x")


@given(st.lists(st.permutations(range(3)), min_size=1, max_size=5))
@settings(max_examples=40)
def test_every_sum_of_permutations_is_taken_apart_again(answers):
    counts = np.zeros((3, 3), dtype=int)
    for answer in answers:
        counts[range(3), answer] += 1
    found = decompose(counts.tolist(), len(answers))
    again = np.zeros((3, 3), dtype=int)
    for p, times in found.answers.items():
        again[range(3), p] += times
    assert again.tolist() == counts.tolist()
