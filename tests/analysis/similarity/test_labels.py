import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group

from analysis.errors import MetricError
from analysis.similarity.jackknife import Jackknife
from analysis.similarity.labels import giils, label_null, within_label
from analysis.similarity.pool import Kind, make_pool
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


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_background_given_apart_equals_the_printed_formula(self_pairs, background, denominator):
    images, labels = random_set(2, 6), list("aabbba")
    ground, ground_labels = random_set(3, 9), list("abcabcccc")
    found = giils(
        images,
        labels,
        background=background,
        background_images=ground,
        background_labels=ground_labels,
        self_pairs=self_pairs,
        denominator=denominator,
    )
    assert list(found) == ["a", "b"]
    for label in "ab":
        x = literal.giils_x(
            images,
            labels,
            label,
            self_pairs=self_pairs,
            background=background,
            unbiased=denominator == "unbiased",
            ground=ground,
            ground_labels=ground_labels,
        )
        assert found[label].x == pytest.approx(x, abs=1e-12)


def test_sample_found_in_its_background_leaves_itself_out():
    images, labels = random_set(4, 12), np.array(list("aaaabbbbcccc"))
    chosen = np.array([0, 2, 3, 4, 5, 7, 9, 10])
    found = giils(images[chosen], labels[chosen], background_images=images[::-1].copy())
    cosines = unit(images) @ unit(images).T
    for label in "abc":
        rows = chosen[labels[chosen] == label]
        background = np.mean([(cosines[i].sum() - 1) / 12 for i in rows])
        within = np.mean([cosines[i, j] for i in rows for j in rows if i != j])
        assert found[label].x == pytest.approx(within - background, abs=1e-12)
        assert (found[label].options["G"], found[label].n) == (12, len(rows))


def test_background_that_holds_some_images_only_is_refused():
    images = random_set(5, 6)
    with pytest.raises(MetricError, match="some of the images but not all"):
        giils(images, list("aaabbb"), background_images=images[:4])


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


def test_clips_with_two_labels_cannot_be_relabelled():
    with pytest.raises(MetricError, match="clips cannot be relabelled"):
        label_null(random_set(16, 4), list("abab"), clusters=[0, 0, 1, 1])
    assert giils(random_set(16, 4), list("abab"), clusters=[0, 0, 1, 1])["a"].null is None


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
