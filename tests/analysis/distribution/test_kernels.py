import math

import pytest

from analysis.distribution.kernels import cmmd, kid, polynomial_distance
from tests.analysis.metrics_golden import ARRAYS, METRICS, random_set, unit


def test_golden_kernel_distances():
    full = METRICS["KID.unbiased_full(not subset averaged)"]
    assert kid(ARRAYS["feat_x"], ARRAYS["feat_y"]) == pytest.approx(full, rel=1e-9)
    biased, unbiased = (
        METRICS["CMMD.biased_V(google)_normalised(gen,real)"],
        METRICS["CMMD.unbiased_U_normalised(gen,real)"],
    )
    assert cmmd(ARRAYS["gen"], ARRAYS["real"]) == pytest.approx(biased, rel=1e-9)
    assert cmmd(ARRAYS["gen"], ARRAYS["real"], unbiased=True) == pytest.approx(unbiased, rel=1e-9)


def mmd_by_loops(a, b, kernel):
    def mean(x, y, skip):
        values = [kernel(p, q) for i, p in enumerate(x) for j, q in enumerate(y) if not (skip and i == j)]
        return math.fsum(values) / len(values)

    across = 2 * mean(a, b, False)
    return mean(a, a, True) + mean(b, b, True) - across, mean(a, a, False) + mean(b, b, False) - across


def test_kernel_distances_equal_plain_loops(monkeypatch):
    monkeypatch.setattr("analysis.distribution.rows.BLOCK", 4)
    a, b = random_set(8, 9, 4) / 5, random_set(9, 7, 4) / 5
    unbiased, biased = mmd_by_loops(a, b, lambda x, y: (float(x @ y) / 4 + 1) ** 3)
    assert kid(a, b) == pytest.approx(unbiased, rel=1e-9)
    assert polynomial_distance(a, b).biased == pytest.approx(biased, rel=1e-9)
    unbiased, biased = mmd_by_loops(unit(a), unit(b), lambda x, y: math.exp(-float((x - y) @ (x - y)) / 200))
    assert cmmd(a, b) == pytest.approx(1000 * biased, rel=1e-8)
    assert cmmd(a, b, unbiased=True) == pytest.approx(1000 * unbiased, rel=1e-8)
