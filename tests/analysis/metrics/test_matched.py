import numpy as np

from analysis.metrics.matched import matched_score
from analysis.similarity.nulls import matching_null
from tests.analysis.metrics_golden import random_set


def test_matched_score_tests_over_clips():
    images, audio = random_set(21, 6), random_set(22, 6)
    found = matched_score(images, audio, np.arange(6))
    assert found["p_value"] == matching_null(images, audio, np.arange(6)).p_value
    assert (found["test"]["method"], found["test"]["draws"]) == ("exact", 720)
