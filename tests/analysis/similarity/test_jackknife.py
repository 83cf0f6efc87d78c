import itertools
import math

import numpy as np
import pytest

from analysis.similarity.jackknife import Jackknife
from analysis.similarity.labels import giils
from analysis.similarity.pool import Kind, make_pool
from tests.analysis.metrics_golden import random_set, unit
from tests.analysis.similarity.test_labels import VARIANTS


def brute_jackknife(images, labels, units, label, **options) -> float:
    """Leave out each clip in turn, compute the whole statistic anew; strata are the labels."""
    images, labels, units = np.asarray(images), np.asarray(labels), np.asarray(units)
    variance = 0.0
    for stratum in np.unique(labels):
        values = []
        for one in np.unique(units[labels == stratum]):
            kept = units != one
            values.append(giils(images[kept], labels[kept], **options)[label].x)
        values = np.array(values)
        variance += (len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum()
    return math.sqrt(variance)


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_standard_error_is_the_full_jackknife(self_pairs, background, denominator):
    images, labels = random_set(6, 13), np.array(list("aaaabbbbccccc"))
    options = {"self_pairs": self_pairs, "background": background, "denominator": denominator}
    plain = Jackknife(make_pool(images, labels), Kind(**options))
    for code, label in enumerate("abc"):
        expected = brute_jackknife(images, labels, np.arange(13), label, **options)
        assert plain.plain_se(code) == pytest.approx(expected)
        least = least_share(int((labels == label).sum())) * expected
        assert least - 1e-12 <= giils(images, labels, **options)[label].se <= expected + 1e-12


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_standard_error_leaves_out_whole_clips(self_pairs, background, denominator):
    images, labels = random_set(7, 16), np.array(list("aaaaaabbbbcccccc"))
    clips = [3, 3, 4, 5, 5, 6, 9, 9, 8, 7, 0, 0, 0, 1, 2, 10]
    options = {"self_pairs": self_pairs, "background": background, "denominator": denominator}
    found = giils(images, labels, clusters=clips, **options)
    plain = Jackknife(make_pool(images, labels, clusters=clips), Kind(**options))
    for code, label in enumerate("abc"):
        expected = brute_jackknife(images, labels, clips, label, **options)
        assert plain.plain_se(code) == pytest.approx(expected)
        units = len({c for c, own in zip(clips, labels, strict=True) if own == label})
        assert found[label].n_units == units
        if units < 4:
            assert (found[label].se, found[label].reason) == (None, "images of 3 clips, an interval needs 4")
        else:
            assert least_share(units) * expected - 1e-12 <= found[label].se <= expected + 1e-12


def least_share(n):
    """What is left of the jackknife's error of n clips at least: where pairs bring in all of the variance."""
    return math.sqrt(1 - (0.5 + 4 / n**2) * n / (2 * n - 2))


@pytest.mark.parametrize("n", [4, 5, 9])
def test_surplus_of_pairs_is_what_single_clips_leave_unexplained(n):
    """A least-squares fit of clip effects to the pairs' cosines, and how often the jackknife counts the pairs."""
    images, labels = random_set(n, 2 * n), np.repeat(list("ab"), n)
    jackknife = Jackknife(make_pool(images, labels), Kind(background=None))
    for code in (0, 1):
        own = unit(images[labels == "ab"[code]])
        pairs = list(itertools.combinations(range(n), 2))
        effects = np.array([[1.0] + [float(clip in pair) for clip in range(n)] for pair in pairs])
        cosines = np.array([own[i] @ own[j] for i, j in pairs])
        left = cosines - effects @ np.linalg.lstsq(effects, cosines, rcond=None)[0]
        variance = left @ left / (n * (n - 3) / 2)
        # The mean of the pairs varies by variance / pairs; leaving clips out counts n / (n - 2) times that once more.
        plain = jackknife.plain_se(code) ** 2
        surplus = min(n / (n - 2) * variance / len(pairs), n / (2 * n - 2) * plain)
        assert jackknife.se(code) ** 2 == pytest.approx(plain - (0.5 + 4 / n**2) * surplus)
        assert jackknife.covariance_without(1.0)[code, code] == pytest.approx(plain - surplus)


def test_pairs_that_cancel_against_the_background_leave_an_error():
    """With self pairs and one image outside the label a pair weighs as much inside as in the background: nought."""
    images, labels, options = random_set(15, 7), list("aaaaaab"), {"self_pairs": True, "denominator": "unbiased"}
    found = giils(images, labels, **options)["a"]
    expected = brute_jackknife(images, labels, np.arange(7), "a", **options)
    assert (found.status, found.n) == ("ok", 6)
    assert least_share(6) * expected - 1e-12 <= found.se <= expected + 1e-12


def test_variance_of_pairs_alone_is_counted_so_often():
    """In many dimensions without any structure only pairs vary: the plain jackknife has 1 + n / (n - 2) times that."""
    rng, n = np.random.default_rng(21), 4
    plain, values = [], []
    for _ in range(3_000):
        images = rng.standard_normal((2 * n, 12))
        jackknife = Jackknife(make_pool(images, np.repeat([0, 1], n)), Kind(background=None))
        plain.append(jackknife.plain_se(0) ** 2)
        values.append(jackknife.value(0))
    assert np.mean(plain) / np.var(values) == pytest.approx(1 + n / (n - 2), rel=0.1)


@pytest.mark.parametrize("per_clip", [1, 3])
@pytest.mark.parametrize("structure", [0.0, 1.0])
@pytest.mark.parametrize("kind", [Kind(), Kind("other_labels", False, "unbiased")])
def test_standard_error_follows_redrawn_sets(kind, structure, per_clip):
    """A good half of what the jackknife counts too much is taken off; all of it would give the true variance."""
    rng = np.random.default_rng(17)
    labels, centres = np.repeat(np.arange(3), 8), structure * rng.standard_normal((3, 6)) + 0.7
    clips = np.repeat(np.arange(24), per_clip)
    values, variances, plain, exact = [], [], [], []
    for _ in range(300):
        noise = rng.standard_normal((24, 6))[clips] + 0.5 * rng.standard_normal((len(clips), 6)) * (per_clip > 1)
        pool = make_pool(centres[labels][clips] + noise, labels[clips], clusters=clips)
        jackknife = Jackknife(pool, kind)
        values.append([jackknife.value(code) for code in range(3)])
        variances.append(np.diag(jackknife.covariance))
        plain.append([jackknife.plain_se(code) ** 2 for code in range(3)])
        exact.append(np.diag(jackknife.covariance_without(1.0)))
    truth = np.var(values, axis=0).mean()
    assert 0.85 * truth < np.mean(variances) < 1.45 * truth
    assert np.mean(exact) == pytest.approx(truth, rel=0.25)
    if structure == 0.0:
        assert np.mean(plain) - np.mean(variances) > 0.1 * truth
