import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.errors import MetricError
from analysis.join.mantel import mantel


def symmetric(seed, k):
    table = np.random.default_rng(seed).standard_normal((k, k))
    return table + table.T


def test_mantel_equals_all_permutations():
    a, b = symmetric(1, 6), symmetric(2, 6)
    upper = np.triu_indices(6, 1)
    rho = stats.spearmanr(a[upper], b[upper]).statistic
    every = []
    for order in itertools.permutations(range(6)):
        moved = b[np.ix_(order, order)]
        every.append(stats.spearmanr(a[upper], moved[upper]).statistic)
    found = mantel(a, b)
    assert found.rho == pytest.approx(rho)
    assert found.p_value == pytest.approx(np.mean(np.array(every) >= rho - 1e-12))
    assert (found.method, found.n_pairs) == ("exact", 15)


def test_mantel_of_many_categories_draws_permutations():
    a = symmetric(3, 12)
    found = mantel(a, a + 0.1 * symmetric(4, 12), draws=999)
    assert (found.method, found.p_value) == ("monte_carlo", 1 / 1000)


def test_mantel_says_what_it_cannot_do():
    assert (
        mantel(symmetric(1, 5), symmetric(2, 5)).reason
        == "5 categories have 10 pairs: at least 6 categories are needed"
    )
    assert mantel(np.ones((6, 6)), symmetric(2, 6)).status == "degenerate"
    with pytest.raises(MetricError, match="not symmetric"):
        mantel(np.arange(36.0).reshape(6, 6), symmetric(2, 6))
    with pytest.raises(MetricError, match="square"):
        mantel(np.ones((6, 5)), np.ones((6, 5)))
    with pytest.raises(MetricError, match="finite"):
        mantel(np.full((6, 6), np.inf), symmetric(2, 6))
