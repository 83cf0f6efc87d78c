import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.labels import giils
from tests.analysis import metrics_literal as literal
from tests.analysis.metrics_golden import random_set, unit
from tests.analysis.similarity.test_labels import VARIANTS


@pytest.mark.parametrize(("self_pairs", "background", "denominator"), VARIANTS)
def test_background_given_apart_equals_the_printed_formula(self_pairs, background, denominator):
    images, labels = random_set(2, 6), list("aabbba")
    ground, ground_labels = random_set(3, 9), list("abcabcccc")
    found = giils(
        images,
        labels,
        background=background,
        background_images=ground,
        background_labels=ground_labels,
        self_pairs=self_pairs,
        denominator=denominator,
    )
    assert list(found) == ["a", "b"]
    for label in "ab":
        x = literal.giils_x(
            images,
            labels,
            label,
            self_pairs=self_pairs,
            background=background,
            unbiased=denominator == "unbiased",
            ground=ground,
            ground_labels=ground_labels,
        )
        assert found[label].x == pytest.approx(x, abs=1e-12)


def test_sample_found_in_its_background_leaves_itself_out():
    images, labels = random_set(4, 12), np.array(list("aaaabbbbcccc"))
    chosen = np.array([0, 2, 3, 4, 5, 7, 9, 10])
    found = giils(images[chosen], labels[chosen], background_images=images[::-1].copy())
    cosines = unit(images) @ unit(images).T
    for label in "abc":
        rows = chosen[labels[chosen] == label]
        background = np.mean([(cosines[i].sum() - 1) / 12 for i in rows])
        within = np.mean([cosines[i, j] for i in rows for j in rows if i != j])
        assert found[label].x == pytest.approx(within - background, abs=1e-12)
        assert (found[label].options["G"], found[label].n) == (12, len(rows))


def test_background_that_holds_some_images_only_is_refused():
    images = random_set(5, 6)
    with pytest.raises(MetricError, match="some of the images but not all"):
        giils(images, list("aaabbb"), background_images=images[:4])
