import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from scipy.stats import ortho_group

from analysis.distribution.frechet import conditional_frechet, frechet_distance, frechet_of_moments
from analysis.distribution.kernels import cmmd, kid
from analysis.distribution.variety import vendi
from analysis.errors import MetricError
from tests.analysis.metrics_golden import ARRAYS, METRICS, random_set


def test_golden_frechet_distance():
    assert frechet_distance(ARRAYS["feat_x"], ARRAYS["feat_y"]) == pytest.approx(METRICS["FID.ddof1"], rel=1e-9)


def frechet_by_matrix_root(a, b, ddof=1):
    first, second = np.cov(a.T, ddof=ddof), np.cov(b.T, ddof=ddof)
    root = linalg.sqrtm(first @ second)
    step = a.mean(axis=0) - b.mean(axis=0)
    return float(step @ step + np.trace(first) + np.trace(second) - 2 * np.trace(root).real)


@pytest.mark.parametrize(("n", "m", "d"), [(30, 40, 5), (12, 30, 11), (200, 90, 20)])
def test_frechet_distance_equals_the_matrix_root(n, m, d):
    a, b = random_set(1, n, d), random_set(2, m, d)
    assert frechet_distance(a, b) == pytest.approx(frechet_by_matrix_root(a, b), rel=1e-8)


@pytest.mark.parametrize(("n", "m"), [(6, 9), (9, 6), (6, 50), (50, 6), (6, 6)])
def test_fewer_rows_than_dimensions_give_the_same_distance(n, m):
    a, b = random_set(3, n, 20), random_set(4, m, 20)
    moments = a.mean(axis=0), np.cov(a.T), b.mean(axis=0), np.cov(b.T)
    assert frechet_distance(a, b) == pytest.approx(frechet_of_moments(*moments), rel=1e-6)
    turn, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((20, 20)))
    root = linalg.sqrtm(np.cov(a.T) + 1e-9 * np.eye(20)).real
    inner = linalg.eigvalsh(root @ np.cov(b.T) @ root)
    step = a.mean(axis=0) - b.mean(axis=0)
    oracle = step @ step + np.trace(np.cov(a.T)) + np.trace(np.cov(b.T)) - 2 * np.sqrt(np.clip(inner, 0, None)).sum()
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(oracle, rel=1e-3)


def test_frechet_distance_of_known_gaussians():
    rng = np.random.default_rng(6)
    a = rng.standard_normal((4_000, 3)) * [1, 2, 3]
    b = rng.standard_normal((4_000, 3)) * [2, 2, 1] + [1, 0, 0]
    assert frechet_distance(a, b) == pytest.approx(1 + 1 + 4, rel=0.1)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(a[:50], a[:50][:, ::-1].copy()[:, ::-1]) == pytest.approx(0.0, abs=1e-9)


def test_small_sets_of_one_distribution_lie_far_apart():
    """The bias that makes distances of different n incomparable."""
    rng = np.random.default_rng(7)
    spectrum = np.arange(1, 129) ** -0.5
    distances = [
        frechet_distance(rng.standard_normal((n, 128)) * spectrum, rng.standard_normal((n, 128)) * spectrum)
        for n in (10, 40, 160, 640)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 4 * distances[2]


def test_conditional_distance_of_hand_made_classes():
    a = np.array([[0.0], [2.0], [10.0], [12.0]])
    b = np.array([[1.0], [3.0], [10.0], [14.0]])
    found = conditional_frechet(a, list("xxyy"), b, list("xxyy"), ddof=0)
    assert found.by_class == pytest.approx({"x": 1.0, "y": 1.0 + 1.0})
    assert found.within == pytest.approx(1.5)
    # Class means 1, 11 and 2, 12: the same spread, one step apart.
    assert found.between == pytest.approx(1.0)


@given(seed=st.integers(0, 10_000))
def test_distance_is_at_most_between_plus_within(seed):
    labels = np.repeat([0, 1, 2], 6)
    a, b = random_set(seed, 18, 3), random_set(seed + 1, 18, 3) + labels[:, None]
    found = conditional_frechet(a, labels, b, labels, ddof=0)
    assert frechet_distance(a, b, ddof=0) <= (found.between + found.within) * (1 + 1e-9) + 1e-9


def test_conditional_distance_names_what_is_missing():
    with pytest.raises(MetricError, match="no class in common"):
        conditional_frechet([[1.0], [2.0]], ["a", "a"], [[1.0], [2.0]], ["b", "b"])
    with pytest.raises(MetricError, match="class 'a' has 1 and 2 rows"):
        conditional_frechet([[1.0]], ["a"], [[1.0], [2.0]], ["a", "a"])
    with pytest.raises(MetricError, match="b_labels: expected one entry"):
        conditional_frechet([[1.0], [2.0]], ["a", "a"], [[1.0], [2.0]], ["a"])


@given(seed=st.integers(0, 10_000))
def test_rotation_and_order_change_nothing(seed):
    a, b = random_set(seed, 12, 4), random_set(seed + 1, 10, 4)
    turn = ortho_group.rvs(4, random_state=seed)
    order = np.random.default_rng(seed).permutation(12)
    moved = (a @ turn)[order]
    assert frechet_distance(moved, b @ turn) == pytest.approx(frechet_distance(a, b), rel=1e-7, abs=1e-7)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), rel=1e-7, abs=1e-7)
    assert kid(moved, b @ turn) == pytest.approx(kid(a, b), rel=1e-7, abs=1e-7)
    assert cmmd(moved, b @ turn) == pytest.approx(cmmd(a, b), rel=1e-7, abs=1e-9)
    assert vendi(moved) == pytest.approx(vendi(a), rel=1e-9)


# -- uncertainty
