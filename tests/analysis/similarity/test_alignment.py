from dataclasses import asdict

import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.alignment import decompose
from analysis.similarity.nulls import matching_null
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set
from tests.analysis.similarity.test_matching import METRIC


@pytest.mark.parametrize("name", METRIC)
def test_golden_decomposition(name):
    _, others = METRIC[name]
    found = decompose(ARRAYS["gen"], ARRAYS[others], ARRAYS["pair"], ARRAYS["label"])
    assert found.instance == pytest.approx(METRICS[f"{name}.decomp.matched_minus_samelabel"], **EXACT)
    assert found.category == pytest.approx(METRICS[f"{name}.decomp.samelabel_minus_otherlabel"], **EXACT)
    assert found.n == 60


def test_decomposition_of_one_category_and_of_lone_items():
    images, audio = random_set(12, 4), random_set(13, 4)
    one = decompose(images, audio, np.arange(4), ["a"] * 4)
    assert one.category is None
    assert one.instance is not None
    lone = decompose(images, audio, np.arange(4), list("abcd"))
    assert asdict(lone) == {
        "matched": None, "same_label": None, "other_label": None, "instance": None, "category": None, "n": 0
    }  # fmt: skip


def test_labels_that_split_one_clip_are_refused():
    with pytest.raises(MetricError, match="different labels"):
        matching_null(random_set(1, 3), random_set(2, 2), [0, 0, 1], within=list("abb"))
