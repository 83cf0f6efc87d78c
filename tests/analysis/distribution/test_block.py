import json

import numpy as np
import pytest

from analysis.distribution.block import distance_names, distribution_block, vendi_estimate
from tests.analysis.metrics_golden import ARRAYS, METRICS, random_set

INCEPTION = {"name": "inception-pytorch-fid", "distance_name": "FID (pytorch-fid)"}


def test_only_published_inception_features_give_fid_and_kid():
    block = distribution_block(ARRAYS["feat_x"], ARRAYS["feat_y"], space=INCEPTION)
    assert (block["names"]["frechet"], block["names"]["kernel"]) == ("FID (pytorch-fid)", "KID (pytorch-fid)")
    assert block["frechet"]["value"] == pytest.approx(METRICS["FID.ddof1"], rel=1e-9)
    assert block["kernel"]["value"] == pytest.approx(METRICS["KID.unbiased_full(not subset averaged)"], rel=1e-9)
    assert block["frechet"]["ci_low"] < block["frechet"]["value"] < block["frechet"]["ci_high"]
    other = {"name": "efficientnet-lite2", "distance_name": "Fréchet distance (EfficientNet-Lite2)"}
    assert distance_names(other)["kernel"] == "Kernel distance, cubic kernel (efficientnet-lite2)"


def test_small_sets_come_with_a_warning():
    few = distribution_block(random_set(1, 20, 30), random_set(2, 25, 30), space={"name": "embedded"})
    assert "mostly measures the number of images" in few["notes"][0]
    assert few["frechet"]["null"] > 0
    many = distribution_block(random_set(1, 80, 3), random_set(2, 90, 3), space={"name": "embedded"})
    assert many["notes"] == []


@pytest.mark.parametrize(("clips", "known"), [(9, False), (10, True)])
def test_variety_of_few_clips_has_no_interval(clips, known):
    """Four images of each clip are no four clips."""
    found = vendi_estimate(random_set(3, 4 * clips, 6), np.repeat(np.arange(clips), 4), 0.95, 0)
    assert (found.value > 1, found.ci_low is not None, found.se is not None) == (True, known, known)
    words = "too few images from different clips: no interval, which needs 10"
    assert (found.status, found.reason) == (("ok", "") if known else ("too_small", words))


@pytest.mark.parametrize(("sizes", "known"), [((19, 40), False), ((40, 19), False), ((20, 20), True)])
def test_precision_and_recall_of_few_images_have_no_interval(sizes, known):
    block = distribution_block(random_set(1, sizes[0], 4), random_set(2, sizes[1], 4), space={"name": "embedded"})
    for name in ("precision", "recall", "density", "coverage"):
        found = block[name]
        assert (found["value"] is not None, found["null"] is not None) == (True, True)
        assert (found["ci_low"] is not None, found["status"]) == (known, "ok" if known else "too_small")
    assert block["frechet"]["ci_low"] is not None


def test_categories_are_compared_inside_and_between():
    labels, real = np.repeat(["a", "b"], 6), np.repeat(["a", "b"], 8)
    block = distribution_block(
        random_set(1, 12, 3), random_set(2, 16, 3), space={"name": "embedded"}, labels=labels, reference_labels=real
    )
    assert set(block["by_class"]["by_category"]) == {"a", "b"}
    assert block["by_class"]["n"] == {"a": [6, 8], "b": [6, 8]}
    assert block["by_class"]["within"] == pytest.approx(np.mean(list(block["by_class"]["by_category"].values())))
    for spread in (*block["by_class"]["intervals"]["by_category"].values(), block["by_class"]["intervals"]["within"]):
        assert 0 <= spread["ci_low"] < spread["ci_high"]
    pairs = np.array(["a", "a", "b", "b"])
    few = distribution_block(
        random_set(1, 4, 3), random_set(2, 4, 3), space={"name": "e"}, labels=pairs, reference_labels=pairs
    )
    assert few["by_class"]["intervals"]["between"] == {"se": None, "ci_low": None, "ci_high": None}
    assert "No interval: too few images from different clips" in few["by_class"]["reason"]
    lone = distribution_block(
        random_set(1, 3, 3), random_set(2, 3, 3), space={"name": "e"}, labels=list("aab"), reference_labels=list("aab")
    )
    assert (lone["by_class"]["status"], lone["by_class"]["within"]) == ("too_small", None)
    assert "class 'b' has 1 and 1 rows" in lone["by_class"]["reason"]


def test_tiny_sets_are_put_in_words():
    one = distribution_block(random_set(1, 1, 3), random_set(2, 1, 3), space={"name": "e"})
    assert (one["frechet"]["status"], one["vendi"]["reason"]) == ("too_small", "one image")
    few = distribution_block(random_set(1, 4, 3), random_set(2, 4, 3), space={"name": "e"})
    assert few["frechet"]["status"] == "ok"
    assert few["precision"]["reason"] == "4 images and 4 references: more than 5 of each are needed"
    for block in (one, few):
        json.dumps(block, allow_nan=False)
