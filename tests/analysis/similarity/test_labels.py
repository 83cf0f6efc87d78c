import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group

from analysis.errors import MetricError
from analysis.similarity.labels import giils, label_null, within_label
from tests.analysis import metrics_literal as literal
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set, unit

VARIANTS = list(itertools.product((False, True), ("all", "other_labels"), ("paper", "unbiased")))


def key(self_pairs, background, denominator, what):
    ground = {"all": "all", "other_labels": "other"}[background]
    divided = {"paper": "paper_G", "unbiased": "unbiased"}[denominator]
    return f"GIILS.selfpairs={self_pairs}.bg={ground}.den={divided}.{what}"


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_golden_variants(self_pairs, background, denominator):
    found = giils(ARRAYS["gen"], ARRAYS["label"], background=background, self_pairs=self_pairs, denominator=denominator)
    assert list(found) == [0, 1, 2, 3, 4, 5]
    options = (self_pairs, background, denominator)
    assert [one.x for one in found.values()] == pytest.approx(METRICS[key(*options, "x")], **EXACT)
    assert [one.score for one in found.values()] == pytest.approx(METRICS[key(*options, "score")], **EXACT)


def test_golden_macro_mean_and_its_complement():
    scores = [one.score for one in giils(ARRAYS["gen"], ARRAYS["label"]).values()]
    assert np.mean(scores) == pytest.approx(METRICS["GIILS.macro_mean"], **EXACT)
    assert [100 - score for score in scores] == pytest.approx(METRICS["creative_tendency=100-GIILS"], **EXACT)


def test_golden_unordered_pairs_need_the_background_of_both_ends():
    cosines = unit(ARRAYS["gen"]) @ unit(ARRAYS["gen"]).T
    background = (cosines.sum(axis=1) - 1) / 60
    pairs = list(itertools.combinations(range(10), 2))
    both = np.mean([cosines[i, j] - (background[i] + background[j]) / 2 for i, j in pairs])
    first = np.mean([cosines[i, j] - background[i] for i, j in pairs])
    assert both == pytest.approx(METRICS["GIILS.label0.unordered_pairs_symmetrised.x"], **EXACT)
    assert first == pytest.approx(METRICS["GIILS.label0.unordered_pairs_lower_index_background_only.x"], **EXACT)
    ours = giils(ARRAYS["gen"], ARRAYS["label"])[0].x
    assert ours == pytest.approx(both, **EXACT)
    assert abs(ours - first) > 0.01


def test_golden_similarity_inside_labels_and_its_jackknife():
    found = within_label(ARRAYS["gen"], ARRAYS["label"])
    assert found[0].mean == pytest.approx(METRICS["GIILS.label0.within_mean"], **EXACT)
    assert [one.se for one in found.values()] == pytest.approx(METRICS["GIILS.within_mean.jackknife_se"], **EXACT)
    points = [100 / math.pi * one.se for one in found.values() if one.se is not None]
    assert points == pytest.approx(METRICS["GIILS.within_mean.jackknife_se_in_points(approx)"], **EXACT)


def test_golden_label_null():
    found = label_null(ARRAYS["gen"], ARRAYS["label"], of="within")
    assert found[0].mean == pytest.approx(METRICS["GIILS.label_null.within_mean"], **EXACT)
    assert found[0].sd == pytest.approx(METRICS["GIILS.label_null.within_sd"], **EXACT)
    assert [one.z for one in found.values()] == pytest.approx(METRICS["GIILS.label_null.z_per_label"], **EXACT)
    printed = giils(ARRAYS["gen"], ARRAYS["label"])[0]
    assert printed.null == pytest.approx(METRICS["GIILS.label_null.bias_x=m/G"], **EXACT)
    assert printed.null_score == pytest.approx(METRICS["GIILS.label_null.expected_score_paper_form"], **EXACT)


def test_golden_null_of_twelve_images_in_labels_of_four():
    images, labels = ARRAYS["gen"][::5], np.repeat([0, 1, 2], 4)
    found = label_null(images, labels, of="within")[0]
    assert (found.mean, found.sd) == pytest.approx(METRICS["GIILS.null.check_G12_n4"], **EXACT)
    cosines = unit(images) @ unit(images).T
    values = [
        np.mean([cosines[i, j] for i, j in itertools.combinations(rows, 2)])
        for rows in itertools.combinations(range(12), 4)
    ]
    assert len(values) == 495
    assert (found.mean, found.sd) == pytest.approx((np.mean(values), np.std(values)), **EXACT)
    assert found.method == "exact"
    assert found.p_value == pytest.approx(np.mean(np.array(values) >= found.observed - 1e-12), **EXACT)


def test_golden_duplicate_raises_its_label():
    images = ARRAYS["gen"].copy()
    images[1] = images[0]
    found = giils(images, ARRAYS["label"])[0]
    assert found.x == pytest.approx(METRICS["GIILS.label0.with_one_duplicate.x"], **EXACT)
    assert found.score == pytest.approx(METRICS["GIILS.label0.with_one_duplicate.score"], **EXACT)


def worked_example() -> np.ndarray:
    table = [[1, 0.8, 0.5, 0.4], [0.8, 1, 0.6, 0.3], [0.5, 0.6, 1, 0.7], [0.4, 0.3, 0.7, 1]]
    return np.linalg.cholesky(np.array(table))


@pytest.mark.parametrize(
    ("options", "scores"),
    [
        ({}, (62.235729, 59.698668)),
        ({"denominator": "unbiased"}, (57.496333, 55.330038)),
        ({"self_pairs": True}, (65.755194, 64.857602)),
        ({"background": "other_labels", "denominator": "unbiased"}, (61.381842, 58.043062)),
    ],
)
def test_worked_example_of_four_images(options, scores):
    found = giils(worked_example(), [0, 0, 1, 1], **options)
    assert (found[0].score, found[1].score) == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_equals_the_printed_formula(self_pairs, background, denominator):
    images, labels = random_set(1, 10), list("abcabcabba")
    found = giils(images, labels, background=background, self_pairs=self_pairs, denominator=denominator)
    for label in "abc":
        x = literal.giils_x(
            images, labels, label, self_pairs=self_pairs, background=background, unbiased=denominator == "unbiased"
        )
        assert found[label].x == pytest.approx(x, abs=1e-12)
        assert found[label].options["G"] == 10


def test_small_and_degenerate_labels_are_put_in_words():
    images = random_set(14, 6)
    four = giils(random_set(14, 8), list("aaaabbbc"))
    assert (four["a"].status, four["a"].ci_low < four["a"].score < four["a"].ci_high) == ("ok", True)
    assert (four["b"].status, four["b"].se, four["b"].ci_low) == ("too_small", None, None)
    assert four["b"].reason == "images of 3 clips, an interval needs 4"
    found = giils(images, list("aaabbc"))
    assert (found["b"].status, found["b"].se, found["b"].ci_low) == ("too_small", None, None)
    assert found["b"].x is not None
    assert (found["c"].x, found["c"].score, found["c"].reason) == (None, None, "one image: no pair")
    assert within_label(images, list("aaabbc"))["c"].status == "too_small"
    assert label_null(images, list("aaabbc"))["c"].reason == "one image: no pair"
    one_label = label_null(images, ["a"] * 6)["a"]
    assert (one_label.status, one_label.z, one_label.p_value) == ("degenerate", None, None)
    nobody = giils(images, ["a"] * 6, background="other_labels")["a"]
    assert nobody.reason == "no image outside this label: there is nothing to compare with"
    same = label_null(np.ones((6, 3)), list("aaabbb"))["a"]
    assert (same.status, same.p_value) == ("degenerate", None)


def test_total_collapse_scores_like_chance_but_is_seen_inside_labels():
    images, labels = np.ones((20, 4)), np.repeat(list("ab"), 10)
    assert giils(images, labels)["a"].score == pytest.approx(50 + 100 / math.pi * math.asin(1 / 20))
    assert giils(images, labels, denominator="unbiased")["a"].score == pytest.approx(50.0)
    assert within_label(images, labels)["a"].mean == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        (list("ab"), {}, "labels: expected one entry for each of 4 rows"),
        (list("aabb"), {"background": "everything"}, "background: expected"),
        (list("aabb"), {"denominator": "G"}, "denominator: expected"),
        (list("aabb"), {"clusters": [1]}, "clusters: expected one entry"),
        (list("aabb"), {"background_images": np.ones((2, 3))}, "not one space"),
        (
            list("aabb"),
            {"background_images": random_set(1, 3), "background": "other_labels"},
            "background_labels: needed",
        ),
    ],
)
def test_bad_input_is_named_in_one_line(labels, options, words):
    with pytest.raises(MetricError, match=words):
        giils(random_set(15, 4), labels, **options)


@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_rotation_scale_order_and_names_change_nothing(seed, scale):
    images, labels = random_set(seed, 12), np.array(list("aabbbcccccab"))
    turn = ortho_group.rvs(6, random_state=seed)
    order = np.random.default_rng(seed).permutation(12)
    base = giils(images, labels)
    moved = giils((scale * images @ turn)[order], np.char.upper(labels[order]))
    for label in "abc":
        assert moved[label.upper()].x == pytest.approx(base[label].x, abs=1e-11)
        assert moved[label.upper()].se == pytest.approx(base[label].se, abs=1e-11)
        assert moved[label.upper()].null == pytest.approx(base[label].null, abs=1e-11)


@given(seed=st.integers(0, 10_000))
def test_unbiased_variants_centre_at_fifty(seed):
    images, labels = random_set(seed, 10), list("aaabbbbccc")
    for background in ("all", "other_labels"):
        for one in giils(images, labels, background=background, denominator="unbiased").values():
            assert one.null_score == pytest.approx(50.0, abs=1e-9)
