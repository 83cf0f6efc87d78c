import itertools
import math

import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.labels import giils, label_null
from tests.analysis.metrics_golden import random_set
from tests.analysis.similarity.test_labels import VARIANTS


def relabelled(units, labels):
    """Every way to deal the labels of the clips out again, as labels of the images."""
    clips = np.unique(units)
    of_clip = [labels[units == clip][0] for clip in clips]
    for order in sorted(set(itertools.permutations(of_clip))):
        yield np.array([order[np.searchsorted(clips, one)] for one in units])


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
@pytest.mark.parametrize("clips", [np.arange(8), np.repeat(np.arange(6), 2)], ids=["images", "clips"])
def test_null_equals_all_relabellings(self_pairs, background, denominator, clips):
    images = random_set(8, len(clips))
    labels = np.array(list("aaabbbcc")) if len(clips) == 8 else np.repeat(list("aabbbb"), 2)
    options = {"self_pairs": self_pairs, "background": background, "denominator": denominator}
    every = [giils(images, new, clusters=clips, **options) for new in relabelled(clips, labels)]
    found = giils(images, labels, clusters=clips, **options)
    null = label_null(images, labels, clusters=clips, **options)
    for label in found:
        values = np.array([one[label].x for one in every])
        assert found[label].null == pytest.approx(values.mean(), abs=1e-12)
        assert (null[label].mean, null[label].sd) == pytest.approx((values.mean(), values.std()), abs=1e-12)
        assert null[label].p_value == pytest.approx(np.mean(values >= found[label].x - 1e-12), abs=1e-12)
        assert null[label].moments == "exact"


def test_null_of_clips_with_unequal_numbers_of_images_comes_from_relabelling_clips():
    clips, labels = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4, 5]), np.array(list("aaaaaabbbb"))
    images = random_set(9, 10)
    every = [giils(images, new, clusters=clips) for new in relabelled(clips, labels)]
    null = label_null(images, labels, clusters=clips)
    assert giils(images, labels, clusters=clips)["a"].null is None
    for label in "ab":
        values = np.array([one[label].x for one in every])
        assert (null[label].mean, null[label].sd) == pytest.approx((values.mean(), values.std()), abs=1e-12)
        assert null[label].p_value == pytest.approx(np.mean(values >= null[label].observed - 1e-12))


def test_null_of_a_sample_keeps_its_background():
    images, labels = random_set(10, 12), np.array(list("aaaabbbbcccc"))
    chosen = np.array([0, 1, 4, 6, 7, 9])
    null = label_null(images[chosen], labels[chosen], background_images=images)
    values = {label: [] for label in "abc"}
    for new in sorted(set(itertools.permutations(labels[chosen]))):
        for label, one in giils(images[chosen], new, background_images=images).items():
            values[label].append(one.x)
    # A lone image makes no pair: labels with one image have no null.
    assert null["c"].status == "too_small"
    for label in "ab":
        assert (null[label].mean, null[label].sd) == pytest.approx((np.mean(values[label]), np.std(values[label])))


def test_drawn_and_limit_p_values_agree_with_each_other(monkeypatch):
    rng = np.random.default_rng(12)
    images = rng.standard_normal((240, 8)) + 0.5
    images[:80] += 0.12 * rng.standard_normal(8)
    labels = np.repeat(list("abc"), 80)
    drawn = label_null(images, labels, draws=4_000, seed=1)
    monkeypatch.setattr("analysis.similarity.relabelling.DRAW_BUDGET", 0)
    limit = label_null(images, labels, draws=4_000, seed=2)
    for label in "abc":
        assert (drawn[label].method, limit[label].method) == ("monte_carlo", "limit")
        assert (drawn[label].mean, drawn[label].sd) == (limit[label].mean, limit[label].sd)
        p = drawn[label].p_value
        assert abs(p - limit[label].p_value) < 4 * math.sqrt(2 * p * (1 - p) / 4_000) + 0.005


def test_subsets_summed_as_vectors_agree_with_the_gram_table(monkeypatch):
    images, labels = random_set(13, 30, d=4), np.repeat(list("abc"), 10)
    by_gram = label_null(images, labels, draws=300, seed=4)
    monkeypatch.setattr("analysis.similarity.relabelling.GRAM_UNITS", 0)
    assert label_null(images, labels, draws=300, seed=4) == by_gram


def test_clips_with_two_labels_cannot_be_relabelled():
    with pytest.raises(MetricError, match="clips cannot be relabelled"):
        label_null(random_set(16, 4), list("abab"), clusters=[0, 0, 1, 1])
    assert giils(random_set(16, 4), list("abab"), clusters=[0, 0, 1, 1])["a"].null is None
