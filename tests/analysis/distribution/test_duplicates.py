import numpy as np
import pytest

from analysis.distribution.duplicates import find_duplicates
from analysis.errors import MetricError
from tests.analysis.metrics_golden import ARRAYS, random_set, unit


def test_copies_and_close_images_are_found(monkeypatch):
    monkeypatch.setattr("analysis.distribution.duplicates.BLOCK", 4)
    images = random_set(1, 11, d=16)
    images[7] = 3 * images[2]
    images[9] = unit(images[4:5])[0] + 0.05 * unit(images[5:6])[0]
    found = find_duplicates(images, labels=list("aaaaaaaabbb"))
    assert (found.n_same, found.n_near, found.n_images, found.across) == (1, 1, 4, 1)
    assert [(a, b) for a, b, _ in found.pairs] == [(2, 7), (4, 9)]
    assert found.as_dict()["pairs"][0][:2] == [2, 7]


def test_every_pair_above_the_threshold_is_counted_once():
    cosines = unit(ARRAYS["gen"]) @ unit(ARRAYS["gen"]).T
    upper = cosines[np.triu_indices(60, 1)]
    found = find_duplicates(ARRAYS["gen"], threshold=0.8)
    assert found.n_same + found.n_near == (upper >= 0.8).sum() > 0
    assert found.across is None


def test_a_collapsed_set_stays_in_bounds():
    found = find_duplicates(np.ones((60, 3)))
    assert (found.n_same, found.n_images, len(found.pairs)) == (60 * 59 // 2, 60, 1_000)


def test_threshold_outside_the_scale_is_refused():
    with pytest.raises(MetricError, match="threshold"):
        find_duplicates(np.eye(2), threshold=1.5)
