from math import comb

import numpy as np
import pytest
from scipy import stats

from analysis.compare.matrices import compare_matrices, row_g2
from analysis.reading.answers import answers_from
from tests.analysis.tables import table_3, table_4


def test_whole_matrices_differ_between_tables_3_and_4():
    first, second = answers_from(table_3()), answers_from(table_4())
    found = compare_matrices(first, second, same_participants=False)
    # The statistic grows with the swaps on one side: the law is that of 5 swaps among 24 people.
    exact = 2 * comb(12, 5) / comb(24, 5)
    assert found.p_value == pytest.approx(exact, abs=3 * (exact * (1 - exact) / found.draws) ** 0.5 + 1e-4)
    paired = compare_matrices(first, second, same_participants=True)
    assert paired.p_value == pytest.approx(0.0625, abs=0.006)
    same = compare_matrices(second, second, same_participants=False)
    assert same.p_value == 1.0
    assert same.statistic == pytest.approx(0)


def test_matrix_statistic_equals_the_likelihood_ratio():
    first, second = np.array([[3, 1], [0, 4]]), np.array([[2, 2], [1, 3]])
    expected = sum(
        stats.chi2_contingency(np.array([first[i], second[i]]), correction=False, lambda_="log-likelihood").statistic
        for i in range(2)
    )
    assert row_g2(first.reshape(1, 4), second.reshape(1, 4), 2)[0] == pytest.approx(expected)
