import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.compare import permutations
from analysis.compare.permutations import independent_permutation, paired_permutation


@pytest.mark.parametrize("seed", range(5))
def test_subset_sums_equal_all_splits(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5, 4), rng.integers(1, 6, 5)
    pooled = np.concatenate([a, b])
    means = [
        pooled[list(pick)].mean() - pooled[[i for i in range(9) if i not in pick]].mean()
        for pick in itertools.combinations(range(9), 4)
    ]
    observed = a.mean() - b.mean()
    two, one, method = independent_permutation(a, b)
    assert method == "exact permutation"
    assert two == pytest.approx(np.mean(np.abs(means) >= abs(observed) - 1e-9))
    assert one == pytest.approx(np.mean(np.array(means) >= observed - 1e-9))


@pytest.mark.parametrize("seed", range(5))
def test_signs_equal_all_swaps(seed):
    differences = np.random.default_rng(seed).integers(-3, 5, 8)
    sums = [(differences * np.array(signs)).sum() for signs in itertools.product([-1, 1], repeat=8)]
    two, one, _ = paired_permutation(differences)
    assert two == pytest.approx(np.mean(np.abs(sums) >= abs(differences.sum())))
    assert one == pytest.approx(np.mean(np.array(sums) >= differences.sum()))


def test_draws_agree_with_the_exact_permutation(monkeypatch):
    rng = np.random.default_rng(8)
    a, b = rng.integers(0, 9, 20), rng.integers(1, 10, 25)
    exact, exact_paired = independent_permutation(a, b), paired_permutation(a - b[:20])
    monkeypatch.setattr(permutations, "EXACT_WORK", 0)
    drawn, drawn_paired = independent_permutation(a, b), paired_permutation(a - b[:20])
    assert drawn[2] == drawn_paired[2] == "seeded permutation, 20,000 draws: p is never below 1/20,001"
    assert drawn[:2] == pytest.approx(exact[:2], abs=0.012)
    assert drawn_paired[:2] == pytest.approx(exact_paired[:2], abs=0.012)
    assert independent_permutation(a, b) == drawn


@pytest.mark.parametrize(
    ("n", "m", "right_a", "right_b"), [(550, 550, 300, 250), (2_990, 10, 18, 2), (10, 2_990, 2, 18)]
)
def test_large_and_unequal_arms_equal_the_hypergeometric_law(n, m, right_a, right_b):
    one, two = (np.array([1] * right + [0] * (size - right)) for right, size in ((right_a, n), (right_b, m)))
    law = stats.hypergeom(n + m, right_a + right_b, n)
    centre = n * (right_a + right_b) / (n + m)
    counts = np.arange(max(0, right_a + right_b - m), min(n, right_a + right_b) + 1)
    far = np.abs(counts - centre) >= abs(right_a - centre) - 1e-9
    found = permutations.independent_permutation(one, two)
    assert found[2] == "exact permutation"
    assert found[:2] == pytest.approx((law.pmf(counts[far]).sum(), law.sf(right_a - 1)), rel=1e-9)
