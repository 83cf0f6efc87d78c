import math

import numpy as np
import pytest
from scipy import stats

from analysis.errors import MetricError
from analysis.similarity.intervals import bootstrap_giils, bootstrap_score, bootstrap_within, label_family
from analysis.similarity.labels import giils
from analysis.similarity.matching import ais, iis
from analysis.similarity.pool import Kind, make_pool
from tests.analysis.metrics_golden import ARRAYS, EXACT, LABEL0_BOOTSTRAP, METRICS, random_set, unit


@pytest.mark.parametrize(("function", "others", "name"), [(ais, "audio", "AIS"), (iis, "real", "IIS")])
def test_golden_bootstrap_of_given_resamples(function, others, name):
    score = function(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"])
    found = bootstrap_score(score, resamples=ARRAYS["boot_idx"])
    expected = METRICS[f"{name}.boot200_fixed_idx.pct95_linear"]
    assert [found.ci_low, found.ci_high] == pytest.approx(expected, **EXACT)
    assert found.se == pytest.approx(METRICS[f"{name}.boot200.se"], **EXACT)


def test_golden_bootstrap_inside_a_label_leaves_copies_out():
    images = ARRAYS["gen"][ARRAYS["label"] == 0]
    found = bootstrap_within(images, LABEL0_BOOTSTRAP).mean()
    assert found == pytest.approx(METRICS["GIILS.label0.boot100.mean_excl_identity"], **EXACT)
    cosines = unit(images) @ unit(images).T
    naive = np.mean([(cosines[np.ix_(rows, rows)].sum() - 10) / 90 for rows in LABEL0_BOOTSTRAP])
    assert naive == pytest.approx(METRICS["GIILS.label0.boot100.mean_incl_duplicates(BIASED)"], **EXACT)
    truth = METRICS["GIILS.label0.within_mean"]
    assert abs(found - truth) < 0.1 * abs(naive - truth)


def test_bootstrap_and_standard_error_agree():
    score = ais(ARRAYS["gen"], ARRAYS["audio"], ARRAYS["pair"])
    found = bootstrap_score(score, draws=4_000)
    assert found.se == pytest.approx(score.se_score, rel=0.05)
    assert (found.ci_low, found.ci_high) == pytest.approx((score.ci_low, score.ci_high), abs=0.1)


def test_bootstrap_resamples_clips_not_images():
    images, audio = random_set(1, 20), random_set(2, 20)
    once = bootstrap_score(ais(images, audio, np.arange(20)), seed=3)
    copied = ais(np.repeat(images, 3, axis=0), audio, np.repeat(np.arange(20), 3))
    assert bootstrap_score(copied, clusters=np.repeat(np.arange(20), 3), seed=3).se == pytest.approx(once.se)
    with pytest.raises(MetricError, match="clusters"):
        bootstrap_score(copied, clusters=[1, 2])


def brute_giils(images, labels, clips, label, drawn) -> float:
    """GIILS of a resample written out: every drawn clip is a new one, pairs of copies are skipped."""
    rows = [(i, copy, clip) for copy, clip in enumerate(drawn) for i in np.flatnonzero(clips == clip)]
    cosines = unit(images) @ unit(images).T
    own = [row for row in rows if labels[row[0]] == label]
    pairs = [
        cosines[i, j] for i, copy, clip in own for j, other, same in own if i != j and (copy == other or clip != same)
    ]
    background = [sum(cosines[i, j] for j, _, _ in rows if i != j) / len(rows) for i, _, _ in own]
    return float(np.mean(pairs) - np.mean(background))


def test_bootstrap_of_giils_equals_the_resample_written_out(monkeypatch):
    images, labels = random_set(3, 11), np.array(list("aaaaabbbbbb"))
    clips = np.array([0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 5])
    drawn: list[list[int]] = []

    class Recorded:
        def __init__(self, seed):
            self.rng = np.random.Generator(np.random.PCG64(seed))

        def integers(self, low, high, shape):
            values = self.rng.integers(low, high, shape)
            drawn.append(values.tolist())
            return values

    monkeypatch.setattr(np.random, "default_rng", Recorded)
    found = bootstrap_giils(images, labels, clusters=clips, draws=6)
    first, second = drawn
    for place in range(6):
        resample = [*first[place], *(3 + clip for clip in second[place])]
        kept = {label: {*resample} & set(clips[labels == label]) for label in "ab"}
        for label in "ab":
            n_pairs = len(kept[label]) > 1 or any((clips == clip).sum() > 1 for clip in kept[label])
            if not n_pairs:
                continue
            x = brute_giils(images, labels, clips, label, resample)
            assert found[label].values[place] == pytest.approx(100 * (1 - math.acos(x) / math.pi))


def test_bootstrap_of_giils_stays_near_the_jackknife():
    scores = giils(ARRAYS["gen"], ARRAYS["label"])
    found = bootstrap_giils(ARRAYS["gen"], ARRAYS["label"], draws=3_000)
    for label, score in scores.items():
        assert found[label].se == pytest.approx(score.se_score, rel=0.25)
        assert found[label].values.mean() == pytest.approx(score.score, abs=0.35)


def test_draws_without_a_pair_are_dropped():
    found = bootstrap_giils(random_set(8, 5), list("aabbb"), draws=200)
    assert 50 < len(found["a"].values) < 150
    assert np.isfinite(found["a"].values).all()


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
