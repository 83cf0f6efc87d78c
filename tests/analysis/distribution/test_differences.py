import numpy as np
import pytest

from analysis.distribution.differences import DISTANCES, compare_distances, exchanges_for
from analysis.distribution.frechet import frechet_distance


@pytest.mark.parametrize("name", DISTANCES)
def test_difference_draws_and_interval_by_loops(name):
    rng = np.random.default_rng(1)
    rows, references = rng.standard_normal((24, 4)), rng.standard_normal((10, 4)) + 0.5
    first, units = np.repeat([True, False], 12), np.tile(np.repeat(np.arange(6), 2), 2)
    held = np.array([first, ~first])
    found = compare_distances(name, rows, references, first, units, np.arange(10), held)
    of = DISTANCES[name]
    difference = of(rows[first], references) - of(rows[~first], references)
    assert found.difference == pytest.approx(difference, abs=1e-12)
    assert found.drawn == pytest.approx([difference, -difference], abs=1e-12)
    variance = 0.0
    for kept_of in (units, None):
        count = 6 if kept_of is not None else 10
        left = []
        for one in range(count):
            kept = np.ones(24, bool) if kept_of is None else kept_of != one
            real = references if kept_of is not None else np.delete(references, one, axis=0)
            left.append(of(rows[first & kept], real) - of(rows[~first & kept], real))
        variance += (count - 1) / count * sum((value - np.mean(left)) ** 2 for value in left)
    assert found.se == pytest.approx(variance**0.5, abs=1e-12)
    assert found.ci_low < found.difference < found.ci_high


def test_one_recording_has_no_interval_and_large_sets_no_exchanges():
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((8, 3))
    first = np.repeat([True, False], 4)
    found = compare_distances("frechet", rows, rows, first, np.zeros(8, int), np.arange(8), np.empty((0, 8), bool))
    assert found.se is None
    assert found.values[0] == frechet_distance(rows[first], rows)
    assert exchanges_for(10, 10) > exchanges_for(300, 300) > exchanges_for(3_000, 3_000) == 0


@pytest.mark.parametrize("name", DISTANCES)
def test_the_same_images_in_another_order_do_not_differ(name):
    """Rounding gave a difference of -5.7e-14, which is no finding."""
    rng = np.random.default_rng(3)
    images, references = 9 * rng.standard_normal((30, 6)), rng.standard_normal((20, 6))
    for _ in range(20):
        rows = np.concatenate([images, rng.permutation(images)])
        first = np.repeat([True, False], 30)
        found = compare_distances(name, rows, references, first, np.zeros(60, int), np.arange(20), first[None])
        assert (found.difference, found.drawn.tolist()) == (0.0, [0.0])
