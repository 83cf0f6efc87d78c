import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group

from analysis.errors import MetricError
from analysis.similarity.matching import ais, iis, scores_by_label
from analysis.similarity.nulls import matching_null
from analysis.similarity.rows import Rows
from tests.analysis import metrics_literal as literal
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set, unit

METRIC = {"AIS": (ais, "audio"), "IIS": (iis, "real")}


@pytest.mark.parametrize("name", METRIC)
@pytest.mark.parametrize(("denominator", "key"), [("paper", "paper_T"), ("unbiased", "unbiased_Tminus1")])
def test_golden_score(name, denominator, key):
    function, others = METRIC[name]
    found = function(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"], denominator=denominator)
    assert found.x == pytest.approx(METRICS[f"{name}.x.{key}"], **EXACT)
    assert found.score == pytest.approx(METRICS[f"{name}.score.{key}"], **EXACT)
    assert found.n == METRICS["_meta"]["G"]
    assert found.options["T"] == METRICS["_meta"]["T"]


@pytest.mark.parametrize("name", METRIC)
def test_golden_per_item_values_and_standard_error(name):
    function, others = METRIC[name]
    found = function(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"])
    assert found.per_item[:5] == pytest.approx(METRICS[f"{name}.per_item_d_first5"], **EXACT)
    assert found.per_item.std(ddof=1) == pytest.approx(METRICS[f"{name}.per_item_d_sd"], **EXACT)
    if name == "AIS":
        assert found.se == pytest.approx(METRICS["AIS.x.se_iid"], **EXACT)
    assert found.se == pytest.approx(METRICS[f"{name}.per_item_d_sd"] / math.sqrt(60), **EXACT)


def test_worked_example():
    """Two images and three clips whose cosines can be read off."""
    own = np.array([[0.30, 0.10, 0.20], [0.05, 0.25, 0.15]])
    audio = np.eye(4)[:3]
    images = np.hstack([own, np.sqrt(1 - (own**2).sum(axis=1, keepdims=True))])
    assert ais(images, audio, [0, 1]).x == pytest.approx(0.1916667, abs=1e-7)
    assert ais(images, audio, [0, 1]).score == pytest.approx(56.138925, abs=1e-6)
    assert ais(images, audio, [0, 1], denominator="unbiased").score == pytest.approx(54.792737, abs=1e-6)


@pytest.mark.parametrize("denominator", ["paper", "unbiased"])
def test_equals_the_printed_formula_with_several_images_per_clip(denominator):
    images, audio = random_set(1, 11), random_set(2, 7)
    partner = [0, 0, 0, 3, 3, 5, 6, 6, 6, 6, 2]
    found = ais(images, audio, partner, denominator=denominator)
    items = literal.advantages(images, audio, partner, divide_by=7 if denominator == "paper" else 6)
    assert found.per_item == pytest.approx(items, abs=1e-12)
    assert found.x == pytest.approx(np.mean(items), abs=1e-12)
    assert found.score == pytest.approx(literal.score(np.mean(items)), abs=1e-10)
    assert (found.n, found.n_units) == (11, 5)


def test_images_of_one_clip_count_as_one_draw():
    images, audio = random_set(3, 8), random_set(4, 8)
    once = ais(images, audio, np.arange(8))
    thrice = ais(np.repeat(images, 3, axis=0), audio, np.repeat(np.arange(8), 3))
    assert thrice.x == pytest.approx(once.x, abs=1e-12)
    assert thrice.se == pytest.approx(once.se, abs=1e-12)
    assert (thrice.ci_low, thrice.ci_high) == pytest.approx((once.ci_low, once.ci_high), abs=1e-9)


@pytest.mark.parametrize("denominator", ["paper", "unbiased"])
def test_null_is_the_mean_over_all_matchings(denominator):
    images, audio = random_set(5, 7), random_set(6, 6)
    partner = np.array([4, 4, 1, 0, 0, 2, 4])
    items = np.unique(partner)
    place = np.searchsorted(items, partner)
    values = [
        ais(images, audio, items[list(order)][place], denominator=denominator).x
        for order in itertools.permutations(range(len(items)))
    ]
    found = ais(images, audio, partner, denominator=denominator)
    assert found.null == pytest.approx(np.mean(values), abs=1e-12)
    test = matching_null(images, audio, partner)
    spread = np.std(values) / (1 + 1 / (6 if denominator == "paper" else 5))
    assert test.sd == pytest.approx(spread, abs=1e-12)
    assert test.method == "exact"
    assert test.p_value == pytest.approx(np.mean(np.array(values) >= found.x - 1e-12), abs=1e-12)


def test_scores_by_label_are_the_means_of_their_images():
    images, audio = random_set(31, 12), random_set(32, 9)
    partner, labels = np.array([0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 6, 8]), np.array(list("aaaabbbbbccc"))
    whole = ais(images, audio, partner)
    found = scores_by_label(Rows(images, name="images"), Rows(audio, name="audio"), partner, labels)
    for label in "abc":
        mine = labels == label
        assert found[label].x == pytest.approx(whole.per_item[mine].mean())
        assert found[label].n_units == len(set(partner[mine]))
    shares = [(labels == label).mean() for label in "abc"]
    assert np.dot(shares, [found[label].x for label in "abc"]) == pytest.approx(whole.x)
    assert np.dot(shares, [found[label].null for label in "abc"]) != pytest.approx(whole.x)
    once = np.arange(9)
    plain = scores_by_label(Rows(images[:9], name="images"), Rows(audio, name="audio"), once, ["a"] * 9)["a"]
    assert (plain.x, plain.se, plain.null) == pytest.approx(
        (ais(images[:9], audio, once).x, ais(images[:9], audio, once).se, ais(images[:9], audio, once).null)
    )
    lonely = scores_by_label(Rows(images[:2], name="images"), Rows(audio[:1], name="audio"), once[[0, 0]], ["a", "b"])
    assert [one.status for one in lonely.values()] == ["too_small", "too_small"]


def test_sampled_reference_standard_error_follows_redrawn_test_sets():
    rng = np.random.default_rng(11)
    own = rng.standard_normal(8)
    xs, ses = [], []
    for _ in range(600):
        audio = rng.standard_normal((40, 8)) + own
        found = ais(audio + 1.5 * rng.standard_normal((40, 8)), audio, np.arange(40), reference="sampled")
        xs.append(found.x)
        ses.append(found.se)
    assert np.mean(ses) == pytest.approx(np.std(xs), rel=0.1)


def test_small_and_degenerate_sets_are_put_in_words():
    one = ais([[1.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]], [1])
    assert (one.se, one.ci_low, one.status) == (None, None, "too_small")
    assert one.x is not None
    alone = ais([[1.0, 2.0]], [[1.0, 0.0]], [0])
    assert (alone.x, alone.score, alone.status) == (None, None, "too_small")
    assert matching_null([[1.0, 2.0]], [[1.0, 0.0]], [0]).status == "too_small"
    same = matching_null(np.ones((3, 2)), np.ones((3, 2)), [0, 1, 2])
    assert (same.status, same.z, same.p_value) == ("degenerate", None, None)


@pytest.mark.parametrize(
    ("images", "audio", "partner", "words"),
    [
        ([[1.0, np.nan]], [[1.0, 0.0], [0.0, 1.0]], [0], "images: row 0 holds a value that is not a finite number"),
        ([[1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], [0], "audio: row 1 is a zero vector"),
        ([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [2], "partner: image 0 points to row 2"),
        ([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [-1], "partner: image 0 points to row -1"),
        ([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [0.0], "partner: expected whole row numbers"),
        ([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [0, 1], "partner: expected one entry for each of 1 images"),
        ([[1.0, 0.0]], [[1.0, 0.0, 0.0]], [0], "not one space"),
        ([1.0, 0.0], [[1.0, 0.0]], [0], "images: expected a table of vectors"),
        (np.empty((0, 2)), [[1.0, 0.0]], [], "images: there are no rows"),
    ],
)
def test_bad_input_is_named_in_one_line(images, audio, partner, words):
    with pytest.raises(MetricError, match=words) as raised:
        ais(images, audio, partner)
    assert "\n" not in str(raised.value)


def test_half_precision_is_read_in_full_precision():
    images, audio = random_set(14, 9).astype(np.float16), random_set(15, 9).astype(np.float16)
    found = ais(images, audio, np.arange(9))
    assert found.x == ais(images.astype(float), audio.astype(float), np.arange(9)).x


def test_large_float32_blocks_agree_with_float64(monkeypatch):
    rng = np.random.default_rng(16)
    images, audio = (rng.standard_normal((3_000, 64)) + 0.3 for _ in range(2))
    partner = rng.permutation(3_000)
    exact = ais(images.astype(np.float32).astype(float), audio.astype(np.float32).astype(float), partner)
    monkeypatch.setattr("analysis.similarity.rows.FLOAT32_FROM", 0)
    fast = ais(images.astype(np.float32), audio.astype(np.float32), partner)
    assert fast.x == pytest.approx(exact.x, abs=1e-8)
    assert fast.se == pytest.approx(exact.se, rel=1e-5)


@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_rotation_scale_and_order_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    images, audio = random_set(seed, 9), random_set(seed + 1, 6)
    partner = rng.integers(0, 6, 9)
    turn = ortho_group.rvs(6, random_state=seed)
    order, clip_order = rng.permutation(9), rng.permutation(6)
    base = ais(images, audio, partner)
    moved = ais((scale * images @ turn)[order], (audio @ turn)[clip_order], np.argsort(clip_order)[partner][order])
    assert moved.x == pytest.approx(base.x, abs=1e-11)
    assert moved.null == pytest.approx(base.null, abs=1e-11)
    if base.se is not None:
        assert moved.se == pytest.approx(base.se, abs=1e-11)


@given(seed=st.integers(0, 10_000))
def test_unbiased_denominator_centres_at_fifty(seed):
    found = ais(random_set(seed, 8), random_set(seed + 1, 8), np.arange(8), denominator="unbiased")
    assert found.null_score == pytest.approx(50.0, abs=1e-10)
    printed = iis(random_set(seed, 8), random_set(seed + 1, 8), np.arange(8))
    mean = float((unit(random_set(seed, 8)) @ unit(random_set(seed + 1, 8)).T).mean())
    assert printed.null == pytest.approx(mean / 8, abs=1e-12)
