import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.labels import giils, label_null
from analysis.similarity.matching import ais, iis
from analysis.similarity.nulls import matching_null
from analysis.similarity.whole import similarity_nulls, similarity_scores
from tests.analysis.metrics_golden import ARRAYS, EXACT, METRICS, random_set


def arguments(seed=1, n=24, t=20):
    rng = np.random.default_rng(seed)
    partner, other = rng.integers(0, t, n), rng.integers(0, t, n)
    labels = np.array(list("abcd"))[partner % 4]
    return (random_set(seed, n), random_set(seed + 1, t), partner, random_set(seed + 2, t), other, labels)


@pytest.mark.parametrize("denominator", ["paper", "unbiased"])
@pytest.mark.parametrize("background", ["all", "other_labels"])
def test_shared_passes_give_the_single_scores(denominator, background):
    images, audio, partner, references, other, labels = arguments()
    found = similarity_scores(
        images, audio, partner, references, other, labels, denominator=denominator, background=background
    )
    alone_ais = ais(images, audio, partner, denominator=denominator)
    assert (found.ais.x, found.ais.se, found.ais.null) == pytest.approx((alone_ais.x, alone_ais.se, alone_ais.null))
    assert found.ais.options == alone_ais.options
    assert found.iis.x == pytest.approx(iis(images, references, other, denominator=denominator).x, abs=1e-12)
    alone = giils(images, labels, clusters=partner, denominator=denominator, background=background)
    for label, score in alone.items():
        assert found.giils[label].x == pytest.approx(score.x, abs=1e-12)
        assert found.giils[label].se == pytest.approx(score.se, abs=1e-12)


def test_golden_set_in_shared_passes():
    found = similarity_scores(
        ARRAYS["gen"], ARRAYS["audio"], ARRAYS["pair"], ARRAYS["real"], ARRAYS["pair"], ARRAYS["label"]
    )
    assert found.ais.x == pytest.approx(METRICS["AIS.x.paper_T"], **EXACT)
    assert found.iis.x == pytest.approx(METRICS["IIS.x.paper_T"], **EXACT)
    xs = [score.x for score in found.giils.values()]
    assert xs == pytest.approx(METRICS["GIILS.selfpairs=False.bg=all.den=paper_G.x"], **EXACT)


def test_shared_nulls_are_the_single_ones():
    images, audio, references = random_set(4, 24), random_set(5, 24), random_set(6, 24)
    order, labels = np.random.default_rng(7).permutation(24), np.repeat(list("abc"), 8)
    found = similarity_nulls(images, audio, order, references, np.arange(24), labels)
    for one, alone in (
        (found.ais, matching_null(images, audio, order, draws=0)),
        (found.iis, matching_null(images, references, np.arange(24), draws=0)),
    ):
        assert (one.mean, one.sd, one.z) == pytest.approx((alone.mean, alone.sd, alone.z), abs=1e-10)
    for label, null in label_null(images, labels, draws=99).items():
        one = found.giils[label]
        assert (one.mean, one.sd, one.z) == pytest.approx((null.mean, null.sd, null.z), abs=1e-10)


def test_clips_with_unequal_numbers_of_images_have_no_closed_label_null():
    found = similarity_nulls(*arguments())
    assert found.ais.sd > 0
    assert [(one.mean, one.sd, one.z) for one in found.giils.values()] == [(None, None, None)] * 4


def test_partner_of_each_table_is_checked():
    images, audio, partner, references, other, labels = arguments()
    with pytest.raises(MetricError, match="reference_partner: image 0"):
        similarity_scores(images, audio, partner, references, other + 99, labels)
