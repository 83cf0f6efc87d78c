import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from scipy.stats import ortho_group

from analysis.distribution.estimates import estimate_classes, estimate_kernel, estimate_many, estimate_one
from analysis.distribution.frechet import conditional_frechet, frechet_distance, frechet_of_moments
from analysis.distribution.kernels import cmmd, gaussian_distance, kid, polynomial_distance
from analysis.distribution.variety import prdc, vendi
from analysis.errors import MetricError
from analysis.similarity.labels import within_label
from tests.analysis.metrics_golden import ARRAYS, METRICS, random_set, unit


def test_golden_frechet_distance():
    assert frechet_distance(ARRAYS["feat_x"], ARRAYS["feat_y"]) == pytest.approx(METRICS["FID.ddof1"], rel=1e-9)


def test_golden_kernel_distances():
    full = METRICS["KID.unbiased_full(not subset averaged)"]
    assert kid(ARRAYS["feat_x"], ARRAYS["feat_y"]) == pytest.approx(full, rel=1e-9)
    biased, unbiased = (
        METRICS["CMMD.biased_V(google)_normalised(gen,real)"],
        METRICS["CMMD.unbiased_U_normalised(gen,real)"],
    )
    assert cmmd(ARRAYS["gen"], ARRAYS["real"]) == pytest.approx(biased, rel=1e-9)
    assert cmmd(ARRAYS["gen"], ARRAYS["real"], unbiased=True) == pytest.approx(unbiased, rel=1e-9)


def test_golden_variety():
    labels = ARRAYS["label"]
    assert vendi(ARRAYS["gen"]) == pytest.approx(METRICS["Vendi.cosine.all"], rel=1e-9)
    scores = [vendi(ARRAYS["gen"][labels == label]) for label in range(6)]
    assert scores == pytest.approx(METRICS["Vendi.cosine.per_label"], rel=1e-9)
    distances = [1 - inside.mean for inside in within_label(ARRAYS["gen"], labels).values()]
    assert distances == pytest.approx(METRICS["mean_pairwise_cosine_distance.per_label"], rel=1e-9)


def test_golden_precision_and_recall():
    found = prdc(unit(ARRAYS["real"]), unit(ARRAYS["gen"]))
    key = "PRDC.k5.real=real_normalised.fake=gen_normalised[precision,recall,density,coverage]"
    assert [found.precision, found.recall, found.density, found.coverage] == pytest.approx(METRICS[key], rel=1e-9)


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


def mmd_by_loops(a, b, kernel):
    def mean(x, y, skip):
        values = [kernel(p, q) for i, p in enumerate(x) for j, q in enumerate(y) if not (skip and i == j)]
        return math.fsum(values) / len(values)

    across = 2 * mean(a, b, False)
    return mean(a, a, True) + mean(b, b, True) - across, mean(a, a, False) + mean(b, b, False) - across


def test_kernel_distances_equal_plain_loops(monkeypatch):
    monkeypatch.setattr("analysis.distribution.rows.BLOCK", 4)
    a, b = random_set(8, 9, 4) / 5, random_set(9, 7, 4) / 5
    unbiased, biased = mmd_by_loops(a, b, lambda x, y: (float(x @ y) / 4 + 1) ** 3)
    assert kid(a, b) == pytest.approx(unbiased, rel=1e-9)
    assert polynomial_distance(a, b).biased == pytest.approx(biased, rel=1e-9)
    unbiased, biased = mmd_by_loops(unit(a), unit(b), lambda x, y: math.exp(-float((x - y) @ (x - y)) / 200))
    assert cmmd(a, b) == pytest.approx(1000 * biased, rel=1e-8)
    assert cmmd(a, b, unbiased=True) == pytest.approx(1000 * unbiased, rel=1e-8)


def test_variety_of_extreme_sets():
    assert vendi(np.eye(7)) == pytest.approx(7.0)
    assert vendi(np.ones((7, 3))) == pytest.approx(1.0)
    assert vendi(np.repeat(np.eye(4), 5, axis=0)) == pytest.approx(4.0)
    wide, tall = random_set(10, 6, 9), random_set(10, 9, 6)
    for rows in (wide, tall):
        spectrum = np.linalg.eigvalsh(unit(rows) @ unit(rows).T / len(rows))
        spectrum = spectrum[spectrum > 1e-12]
        assert vendi(rows) == pytest.approx(math.exp(-(spectrum * np.log(spectrum)).sum()), rel=1e-9)


def test_precision_and_recall_equal_plain_loops(monkeypatch):
    monkeypatch.setattr("analysis.distribution.rows.BLOCK", 5)
    real, fake, k = random_set(11, 14, 3), random_set(12, 11, 3), 3

    def radius(rows, i):
        return sorted(np.linalg.norm(rows[i] - rows[j]) for j in range(len(rows)) if j != i)[k - 1]

    inside_real = [[np.linalg.norm(f - r) < radius(real, i) for i, r in enumerate(real)] for f in fake]
    inside_fake = [[np.linalg.norm(f - r) < radius(fake, j) for j, f in enumerate(fake)] for r in real]
    covered = [min(np.linalg.norm(f - r) for f in fake) < radius(real, i) for i, r in enumerate(real)]
    found = prdc(real, fake, k)
    assert found.precision == pytest.approx(np.mean([any(row) for row in inside_real]))
    assert found.recall == pytest.approx(np.mean([any(row) for row in inside_fake]))
    assert found.density == pytest.approx(np.sum(inside_real) / k / len(fake))
    assert found.coverage == pytest.approx(np.mean(covered))


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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: frechet_distance([[1.0]], [[1.0], [2.0]]), "first set: 1 rows, at least 2"),
        (lambda: frechet_distance([[1.0], [2.0]], [[1.0, 2.0], [2.0, 1.0]]), "1 and 2 dimensions"),
        (lambda: kid([[1.0], [np.nan]], [[1.0], [2.0]]), "first set: row 1 holds a value that is not a finite"),
        (lambda: cmmd([[1.0], [0.0]], [[1.0], [2.0]]), "first set: row 1 is a zero vector"),
        (lambda: prdc(random_set(1, 5), random_set(2, 9)), "real: 5 rows, at least 6"),
        (lambda: prdc(random_set(1, 9), random_set(2, 9, 2)), "6 and 2 dimensions"),
        (lambda: prdc(random_set(1, 9), random_set(2, 9), 0), "k: at least 1"),
        (lambda: vendi([1.0, 2.0]), "images: expected a table of numbers"),
    ],
)
def test_bad_input_is_named_in_one_line(call, words):
    with pytest.raises(MetricError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


# -- uncertainty


def two_metrics(a, b):
    return {"frechet": frechet_distance(a, b), "step": float(a.mean() - b.mean())}


def test_interval_follows_redrawn_sets():
    rng = np.random.default_rng(13)
    values, errors = [], []
    for seed in range(150):
        a, b = rng.standard_normal((80, 4)), rng.standard_normal((60, 4)) + 0.5
        found = estimate_many(two_metrics, a, b, seed=seed)["frechet"]
        values.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)


def test_interval_of_a_mean_is_the_textbook_one():
    a, b = random_set(14, 20, 1), random_set(15, 20, 1)
    found = estimate_many(two_metrics, a, b)["step"]
    assert found.se == pytest.approx(math.sqrt(a.var(ddof=1) / 20 + b.var(ddof=1) / 20))
    assert found.n == (20, 20)


def test_clips_are_left_out_whole():
    a, b = random_set(16, 10, 1), random_set(17, 8, 1)
    once = estimate_many(two_metrics, a, b, seed=3)["step"]
    copied = estimate_many(two_metrics, np.repeat(a, 4, axis=0), b, a_units=np.repeat(np.arange(10), 4), seed=3)["step"]
    assert copied.se == pytest.approx(once.se)


def test_intervals_of_classes_follow_redrawn_sets():
    rng = np.random.default_rng(20)
    labels = np.repeat([0, 1, 2], 40)
    values, errors = [], []
    for _ in range(60):
        a, b = (rng.standard_normal((120, 4)) + 2 * labels[:, None] + step for step in (0.0, 0.7))
        found = estimate_classes(a, labels, b, labels)
        values.append([found["within"].value, found["between"].value])
        errors.append([found["within"].se, found["between"].se])
    assert np.mean(errors, axis=0) == pytest.approx(np.std(values, axis=0), rel=0.3)


def test_classes_keep_two_rows_and_whole_clips():
    a, b = random_set(21, 12, 3), random_set(22, 12, 3)
    labels = np.repeat(["a", "b"], 6)
    once = estimate_classes(a, labels, b, labels, seed=2)
    assert once["within"].value == conditional_frechet(a, labels, b, labels).within
    assert once["class:a"].ci_low is not None
    one_clip = estimate_classes(a, labels, b, labels, a_units=np.repeat([0, 1], 6), seed=2)
    assert (one_clip["within"].se, one_clip["within"].status) == (None, "too_small")


def test_null_is_what_one_distribution_gives():
    rng = np.random.default_rng(18)
    a, b = rng.standard_normal((40, 10)), rng.standard_normal((40, 10)) + 3
    same = estimate_many(two_metrics, a, rng.standard_normal((40, 10)))["frechet"]
    apart = estimate_many(two_metrics, a, b)["frechet"]
    assert same.value == pytest.approx(same.null, rel=0.4)
    assert apart.value > 10 * apart.null


def test_kernel_interval_follows_redrawn_sets():
    rng = np.random.default_rng(19)
    values, errors = [], []
    for _ in range(150):
        found = estimate_kernel(polynomial_distance(rng.standard_normal((70, 4)), rng.standard_normal((60, 4)) + 0.5))
        values.append(found.value)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
    assert found.null == 0.0


def test_kernel_interval_counts_copies_once():
    a, b = random_set(20, 12, 3), random_set(21, 12, 3)
    once = estimate_kernel(gaussian_distance(a, b))
    twice = estimate_kernel(gaussian_distance(np.repeat(a, 2, axis=0), b), a_units=np.repeat(np.arange(12), 2))
    assert twice.se == pytest.approx(once.se, rel=0.15)


def test_estimates_of_tiny_sets_are_put_in_words():
    found = estimate_many(two_metrics, random_set(1, 2), random_set(2, 2))["frechet"]
    assert (found.status, found.se, found.ci_low) == ("too_small", None, None)
    assert found.value is not None
    assert estimate_one(vendi, random_set(1, 4), units=[1, 1, 1, 1]).status == "too_small"
    bounded = estimate_one(vendi, np.ones((5, 2)), bounds=(1.0, 5.0))
    assert (bounded.value, bounded.ci_low, bounded.ci_high) == pytest.approx((1.0, 1.0, 1.0))
    with pytest.raises(MetricError, match="units: expected one entry"):
        estimate_one(vendi, random_set(1, 4), units=[1])
