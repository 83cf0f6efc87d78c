import math

import numpy as np
import pytest

from analysis.distribution.variety import prdc, vendi
from analysis.similarity.labels import within_label
from tests.analysis.metrics_golden import ARRAYS, METRICS, random_set, unit


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
