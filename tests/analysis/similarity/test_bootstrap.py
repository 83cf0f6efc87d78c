"""Standard errors of AIS, IIS and GIILS against bootstraps over clips."""

import math

import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.labels import giils
from analysis.similarity.matching import ais, iis
from tests.analysis.metrics_golden import ARRAYS, EXACT, LABEL0_BOOTSTRAP, METRICS, random_set, unit
from tests.analysis.similarity.bootstrap import bootstrap_giils, bootstrap_score, bootstrap_within


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
