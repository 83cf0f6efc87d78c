import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.confusion.even_use import compare_use


def test_p_equals_all_permutations_of_every_row():
    counts = np.array([[4, 1, 0], [3, 2, 0], [2, 2, 2], [0, 3, 1]])
    ways = itertools.product(*(itertools.permutations(row) for row in counts.tolist()))
    values = [stats.chisquare(np.array(way).sum(axis=0)).statistic for way in ways]
    chi2, p, _ = compare_use(counts)
    assert chi2 == pytest.approx(stats.chisquare(counts.sum(axis=0)).statistic)
    exact = np.mean(np.array(values) >= chi2 - 1e-9)
    assert p == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 9_999) ** 0.5)


def test_a_favourite_of_one_person_is_none_of_all():
    counts = np.array([[40, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]])
    assert stats.chisquare(counts.sum(axis=0)).pvalue < 1e-20
    assert compare_use(counts)[1] == 1.0
    shared = np.tile([6, 2, 2, 2], (12, 1))
    assert compare_use(shared)[1] == 1 / 10_000


def test_even_rows_have_nothing_to_permute():
    assert compare_use(np.ones((3, 4), dtype=int))[:2] == (0.0, 1.0)


def test_large_studies_take_fewer_permutations(monkeypatch):
    monkeypatch.setattr("analysis.permutation.PERMUTED_VALUES", 1)
    p = compare_use(np.array([[3, 1, 0], [2, 1, 1]]))[1]
    assert p * 1_000 == pytest.approx(round(p * 1_000))


@given(st.permutations(range(4)))
def test_names_of_the_images_do_not_matter(order):
    counts = np.array([[5, 1, 2, 0], [2, 4, 0, 2], [3, 1, 1, 3]])
    chi2, p, _ = compare_use(counts)
    again = compare_use(counts[:, list(order)])
    assert again[0] == pytest.approx(chi2)
    assert again[1] == pytest.approx(p, abs=0.03)
