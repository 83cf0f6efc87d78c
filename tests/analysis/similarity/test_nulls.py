import itertools
import math

import numpy as np
import pytest

from analysis.similarity.nulls import matching_null
from analysis.similarity.rows import Rows
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set, unit
from tests.analysis.similarity.test_matching import METRIC


@pytest.mark.parametrize("name", METRIC)
def test_golden_matching_null(name):
    _, others = METRIC[name]
    free = matching_null(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"])
    assert free.observed == pytest.approx(METRICS[f"{name}.mean_matched_sim"], **EXACT)
    assert free.mean == pytest.approx(METRICS[f"{name}.perm.mean_matched.null_mean"], **EXACT)
    assert free.sd == pytest.approx(METRICS[f"{name}.perm.mean_matched.null_sd"], **EXACT)
    assert free.z == pytest.approx(METRICS[f"{name}.perm.z"], **EXACT)
    assert (free.method, free.draws) == ("monte_carlo", 9_999)
    assert free.p_value == 1 / 10_000
    # The golden p counted none of 20,000 draws, too.
    assert METRICS[f"{name}.perm.p_MC20000(approx)"] == 1 / 20_001
    everything = Rows(ARRAYS["gen"], name="images").total @ Rows(ARRAYS[others], name="others").total
    assert everything / (60 * 80) == pytest.approx(METRICS[f"{name}.mean_all_sim"], **EXACT)
    within = matching_null(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"], within=ARRAYS["label"])
    assert within.mean == pytest.approx(METRICS[f"{name}.perm_within_label.null_mean"], **EXACT)
    assert within.sd == pytest.approx(METRICS[f"{name}.perm_within_label.null_sd"], **EXACT)
    assert within.z == pytest.approx(METRICS[f"{name}.perm_within_label.z"], **EXACT)


def test_within_label_null_equals_enumeration():
    images, audio = random_set(7, 7), random_set(8, 9)
    partner, labels = np.array([8, 1, 2, 3, 4, 5, 0]), np.array(list("aaabbbc"))
    table = unit(images) @ unit(audio)[partner].T
    values = []
    for first in itertools.permutations([0, 1, 2]):
        for second in itertools.permutations([3, 4, 5]):
            values.append(table[np.arange(7), [*first, *second, 6]].mean())
    found = matching_null(images, audio, partner, within=labels)
    assert (found.mean, found.sd) == pytest.approx((np.mean(values), np.std(values)), abs=1e-12)
    assert found.p_value == pytest.approx(np.mean(np.array(values) >= found.observed - 1e-12), abs=1e-12)


def test_monte_carlo_p_agrees_with_the_exact_p():
    images, audio = random_set(9, 8), random_set(10, 8)
    exact = matching_null(images, audio, np.arange(8))
    assert (exact.method, exact.draws) == ("exact", math.factorial(8))
    nine = np.vstack([images, images[:1]])
    drawn = matching_null(np.vstack([images, 2 * images]), audio, np.tile(np.arange(8), 2))
    assert drawn.p_value == exact.p_value
    many = matching_null(nine, np.vstack([audio, audio[:1]]), np.arange(9), draws=40_000, seed=3)
    table = unit(nine) @ unit(np.vstack([audio, audio[:1]])).T
    orders = np.array(list(itertools.permutations(range(9))))
    totals = table[np.arange(9), orders].sum(axis=1)
    truth = float((totals >= np.trace(table) - 1e-12).mean())
    assert many.method == "monte_carlo"
    assert abs(many.p_value - truth) < 4 * math.sqrt(truth * (1 - truth) / 40_000) + 1e-4


@pytest.mark.parametrize("partner", [np.arange(40), np.r_[np.arange(30), np.arange(10)], np.arange(40) // 2])
def test_large_sets_have_the_same_moments(monkeypatch, partner):
    images, audio = random_set(41, 40), random_set(42, 40)
    small = matching_null(images, audio, partner, draws=0)
    monkeypatch.setattr("analysis.similarity.nulls.MONTE_CARLO_UNITS", 5)
    large = matching_null(images, audio, partner)
    assert (large.method, large.draws, large.n_units) == ("normal", 0, small.n_units)
    assert (large.mean, large.sd, large.z) == pytest.approx((small.mean, small.sd, small.z), abs=1e-10)
    assert large.p_value == pytest.approx(small.p_value)
