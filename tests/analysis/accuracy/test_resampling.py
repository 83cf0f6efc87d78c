import numpy as np
import pytest

from analysis.accuracy.resampling import crossed_interval


def test_interval_widens_when_clips_differ():
    rng = np.random.default_rng(1)
    participant, clip = np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30)
    easy = rng.random(300) < 0.6
    hard = rng.random(300) < np.where(clip < 5, 0.95, 0.25)
    widths = []
    for hit in (easy, hard):
        found = crossed_interval(hit, participant, clip)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= hit.mean() <= found.high
        widths.append(found.high - found.low)
    assert widths[1] > 2 * widths[0]


def test_standard_error_is_that_of_participants_and_clips_together():
    rng = np.random.default_rng(2)
    people, clips = 40, 20
    effect = rng.normal(size=people)[:, None] + rng.normal(size=clips)[None, :]
    hit = (effect + rng.normal(size=(people, clips)) > 0).ravel()
    found = crossed_interval(hit, np.repeat(np.arange(people), clips), np.tile(np.arange(clips), people))
    table = hit.reshape(people, clips).astype(float)
    residual = table - table.mean(1, keepdims=True) - table.mean(0, keepdims=True) + table.mean()
    variance = table.mean(1).var() / people + table.mean(0).var() / clips + residual.var() / table.size
    assert found.se == pytest.approx(variance**0.5, rel=0.06)


def test_same_seed_same_interval_and_few_clips_are_said():
    participant, clip = np.repeat(np.arange(12), 4), np.tile(np.arange(4), 12)
    hit = np.array([1, 1, 0, 0] * 6 + [1] * 24, dtype=bool)
    assert crossed_interval(hit, participant, clip) == crossed_interval(hit, participant, clip)
    assert crossed_interval(hit, participant, clip).status == "too_small"
    assert "Only 4 clips" in crossed_interval(hit, participant, clip).reason


def test_without_two_of_each_or_without_variation_there_is_none():
    ones = np.ones(4, dtype=bool)
    assert crossed_interval(ones, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])).status == "degenerate"
    assert crossed_interval(ones, np.zeros(4, dtype=int), np.arange(4)).status == "too_small"
    assert crossed_interval(np.array([], dtype=bool), np.array([], dtype=int), np.array([], dtype=int)).low is None
