import math

import numpy as np
import pytest

from analysis.distribution.estimates import estimate_classes, estimate_kernel, estimate_many, estimate_one
from analysis.distribution.frechet import conditional_frechet, frechet_distance
from analysis.distribution.kernels import gaussian_distance, polynomial_distance
from analysis.distribution.variety import vendi
from analysis.errors import MetricError
from tests.analysis.metrics_golden import random_set


def two_metrics(a, b):
    return {"frechet": frechet_distance(a, b), "step": float(a.mean() - b.mean())}


def test_interval_follows_redrawn_sets():
    rng = np.random.default_rng(13)
    values, errors = [], []
    for seed in range(150):
        a, b = rng.standard_normal((80, 4)), rng.standard_normal((60, 4)) + 0.5
        found = estimate_many(two_metrics, a, b, seed=seed)["frechet"]
        values.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)


def test_interval_of_a_mean_is_the_textbook_one():
    a, b = random_set(14, 20, 1), random_set(15, 20, 1)
    found = estimate_many(two_metrics, a, b)["step"]
    assert found.se == pytest.approx(math.sqrt(a.var(ddof=1) / 20 + b.var(ddof=1) / 20))
    assert found.n == (20, 20)


def test_clips_are_left_out_whole():
    a, b = random_set(16, 10, 1), random_set(17, 8, 1)
    once = estimate_many(two_metrics, a, b, seed=3)["step"]
    copied = estimate_many(two_metrics, np.repeat(a, 4, axis=0), b, a_units=np.repeat(np.arange(10), 4), seed=3)["step"]
    assert copied.se == pytest.approx(once.se)


def test_intervals_of_classes_follow_redrawn_sets():
    rng = np.random.default_rng(20)
    labels = np.repeat([0, 1, 2], 40)
    values, errors = [], []
    for _ in range(60):
        a, b = (rng.standard_normal((120, 4)) + 2 * labels[:, None] + step for step in (0.0, 0.7))
        found = estimate_classes(a, labels, b, labels)
        values.append([found["within"].value, found["between"].value])
        errors.append([found["within"].se, found["between"].se])
    assert np.mean(errors, axis=0) == pytest.approx(np.std(values, axis=0), rel=0.3)


def test_classes_keep_two_rows_and_whole_clips():
    a, b = random_set(21, 12, 3), random_set(22, 12, 3)
    labels = np.repeat(["a", "b"], 6)
    once = estimate_classes(a, labels, b, labels, seed=2)
    assert once["within"].value == conditional_frechet(a, labels, b, labels).within
    assert once["class:a"].ci_low is not None
    one_clip = estimate_classes(a, labels, b, labels, a_units=np.repeat([0, 1], 6), seed=2)
    assert (one_clip["within"].se, one_clip["within"].status) == (None, "too_small")


def test_null_is_what_one_distribution_gives():
    rng = np.random.default_rng(18)
    a, b = rng.standard_normal((40, 10)), rng.standard_normal((40, 10)) + 3
    same = estimate_many(two_metrics, a, rng.standard_normal((40, 10)))["frechet"]
    apart = estimate_many(two_metrics, a, b)["frechet"]
    assert same.value == pytest.approx(same.null, rel=0.4)
    assert apart.value > 10 * apart.null


def test_kernel_interval_follows_redrawn_sets():
    rng = np.random.default_rng(19)
    values, errors = [], []
    for _ in range(150):
        found = estimate_kernel(polynomial_distance(rng.standard_normal((70, 4)), rng.standard_normal((60, 4)) + 0.5))
        values.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
    assert found.null == 0.0


def test_kernel_interval_counts_copies_once():
    a, b = random_set(20, 12, 3), random_set(21, 12, 3)
    once = estimate_kernel(gaussian_distance(a, b))
    twice = estimate_kernel(gaussian_distance(np.repeat(a, 2, axis=0), b), a_units=np.repeat(np.arange(12), 2))
    assert twice.se == pytest.approx(once.se, rel=0.15)


def test_estimates_of_tiny_sets_are_put_in_words():
    found = estimate_many(two_metrics, random_set(1, 2), random_set(2, 2))["frechet"]
    assert (found.status, found.se, found.ci_low) == ("too_small", None, None)
    assert found.value is not None
    assert estimate_one(vendi, random_set(1, 4), units=[1, 1, 1, 1]).status == "too_small"
    bounded = estimate_one(vendi, np.ones((5, 2)), bounds=(1.0, 5.0))
    assert (bounded.value, bounded.ci_low, bounded.ci_high) == pytest.approx((1.0, 1.0, 1.0))
    with pytest.raises(MetricError, match="units: expected one entry"):
        estimate_one(vendi, random_set(1, 4), units=[1])
