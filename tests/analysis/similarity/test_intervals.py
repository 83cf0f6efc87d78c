import numpy as np
import pytest
from scipy import stats

from analysis.similarity.intervals import label_family
from analysis.similarity.labels import giils
from analysis.similarity.pool import Kind, make_pool
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set


def family(images, labels, **options):
    return label_family(make_pool(images, labels), Kind(), **options)


def test_joint_intervals_are_wider_than_single_ones_and_narrower_than_bonferroni():
    scores = giils(ARRAYS["gen"], ARRAYS["label"])
    found = family(ARRAYS["gen"], ARRAYS["label"])
    bonferroni = stats.t.ppf(1 - 0.025 / 6, 9) / stats.t.ppf(0.975, 9)
    for label, score in scores.items():
        joint = found.by_label[label]
        assert joint.ci_low < score.ci_low < score.ci_high < joint.ci_high
        ratio = (joint.ci_high - joint.ci_low) / (score.ci_high - score.ci_low)
        assert 1.2 < ratio < bonferroni * 1.01


def test_one_label_has_the_single_interval_and_rank():
    images, labels = random_set(4, 14), np.array(["a"] * 13 + ["b"])
    score = giils(images, labels)["a"]
    found = family(images, labels)
    assert list(found.by_label) == ["a"]
    joint = found.by_label["a"]
    assert (joint.rank_low, joint.rank_high) == (1, 1)
    assert (joint.ci_low, joint.ci_high) == pytest.approx((score.ci_low, score.ci_high), rel=0.01)
    assert found.macro_mean is None


def separated(noise):
    rng = np.random.default_rng(5)
    centres = np.eye(8)[:3]
    labels = np.repeat([0, 1, 2], 40)
    return centres[labels] + np.array(noise)[labels][:, None] * rng.standard_normal((120, 8)), labels


def test_ranks_are_certain_where_labels_stand_apart_and_open_where_they_do_not():
    apart = family(*separated([0.05, 0.4, 0.9])).by_label
    assert [(one.rank_low, one.rank_high) for one in apart.values()] == [(1, 1), (2, 2), (3, 3)]
    alike = family(*separated([0.5, 0.5, 0.5])).by_label
    assert [(one.rank_low, one.rank_high) for one in alike.values()] == [(1, 3)] * 3


def test_macro_mean_has_the_error_of_redrawn_sets():
    rng = np.random.default_rng(6)
    labels = np.repeat(np.arange(4), 12)
    centres = rng.standard_normal((4, 10))
    means, errors = [], []
    for _ in range(200):
        images = centres[labels] + 0.8 * rng.standard_normal((48, 10)) + 0.5
        found = family(images, labels, draws=10)
        means.append(found.macro_mean)
        errors.append(found.macro_se)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)
    assert found.macro_low < found.macro_mean < found.macro_high


def test_golden_macro_mean():
    assert family(ARRAYS["gen"], ARRAYS["label"]).macro_mean == pytest.approx(METRICS["GIILS.macro_mean"], **EXACT)


def test_nothing_to_say_about_lone_images():
    found = family(random_set(7, 3), list("abc"))
    assert (dict(found.by_label), found.macro_mean) == ({}, None)
