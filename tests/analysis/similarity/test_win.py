import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.matching import ais, iis
from analysis.similarity.win import ais_win, iis_win, mean_of_item_scores
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set, unit


@pytest.mark.parametrize(
    ("function", "win", "others", "name"), [(ais, ais_win, "audio", "AIS"), (iis, iis_win, "real", "IIS")]
)
def test_golden_mean_of_item_scores_has_a_name_of_its_own(function, win, others, name):
    score = function(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"])
    assert mean_of_item_scores(score) == pytest.approx(METRICS[f"{name}.score.alt_mean_of_item_scores"], **EXACT)
    assert win(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"]).value != pytest.approx(score.score, abs=1)


def test_win_rate_equals_plain_counting(monkeypatch):
    monkeypatch.setattr("analysis.similarity.win.BLOCK", 4)
    images, audio, partner = random_set(1, 9), random_set(2, 6), np.array([0, 0, 1, 2, 3, 5, 5, 5, 5])
    cosines = unit(images) @ unit(audio).T
    shares = [np.mean([cosines[i, j] < cosines[i, p] for j in range(6) if j != p]) for i, p in enumerate(partner)]
    found = ais_win(images, audio, partner)
    assert found.per_item == pytest.approx(100 * np.array(shares))
    assert (found.n, found.n_units, found.n_tied) == (9, 5, 0)
    assert found.ci_low < found.value < found.ci_high
    assert "per_item" not in found.as_dict()


def test_worked_example_wins_always():
    own = np.array([[0.30, 0.10, 0.20], [0.05, 0.25, 0.15]])
    images = np.hstack([own, np.sqrt(1 - (own**2).sum(axis=1, keepdims=True))])
    assert ais_win(images, np.eye(4)[:3], [0, 1]).value == 100.0


def test_ties_count_as_asked():
    images, audio = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    assert ais_win(images, audio, [0]).value == 75.0
    assert ais_win(images, audio, [0], ties=0.0).value == 50.0
    assert ais_win(images, audio, [0]).n_tied == 1
    assert ais_win(images, audio, [0]).se is None
    with pytest.raises(MetricError, match="between 0 and 1"):
        ais_win(images, audio, [0], ties=2.0)
    with pytest.raises(MetricError, match="nothing to win against"):
        iis_win(images, audio[:1], [0])


def test_images_of_one_clip_count_as_one_draw():
    images, audio = random_set(3, 8), random_set(4, 8)
    once = ais_win(images, audio, np.arange(8))
    twice = ais_win(np.repeat(images, 2, axis=0), audio, np.repeat(np.arange(8), 2))
    assert (twice.value, twice.se) == pytest.approx((once.value, once.se))


def test_item_scores_outside_the_scale_have_no_mean():
    score = ais([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0], [-1.0, -0.1]], [0, 2])
    assert score.per_item.max() > 1.0
    assert mean_of_item_scores(score) is None
