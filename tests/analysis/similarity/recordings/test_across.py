import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import MetricError
from analysis.similarity import AcrossRecordings, Kind, giils, giils_across, label_family, make_pool, sample_pool
from tests.analysis.similarity.recordings.worlds import across_x, world

KINDS = [Kind(b, False, d) for b in ("all", "other_labels") for d in ("paper", "unbiased")]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@settings(max_examples=8)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 3), min_size=3, max_size=4), st.booleans())
def test_values_with_and_without_each_recording_are_those_of_the_loops(kind, seed, sizes, sampled):
    images, _, _, labels, recordings, _ = world(seed, sizes=sizes, labels=2, per_clip=1)
    chosen = np.flatnonzero(np.random.default_rng(seed).random(len(images)) < 0.8) if sampled else None
    if sampled and len({(labels[i], recordings[i]) for i in chosen}) < 5:
        return
    if sampled:
        pool = sample_pool(images, labels, chosen, clusters=recordings)
    else:
        pool = make_pool(images, labels, clusters=recordings)
    options = {"paper": kind.denominator == "paper", "other": kind.background == "other_labels"}
    jackknife = AcrossRecordings(pool, kind)
    units = np.unique(recordings)
    for code, label in enumerate(pool.names):
        if jackknife.undefined(code):
            continue
        expected = across_x(images, labels, recordings, label, sample=chosen, **options)
        assert jackknife.value(code) == pytest.approx(expected, abs=1e-12)
        left = jackknife._left_out_values()[:, code]
        for place, unit in enumerate(units):
            kept = np.flatnonzero(recordings != unit)
            rows = None if chosen is None else [int(np.searchsorted(kept, i)) for i in chosen if i in set(kept)]
            of_label = {recordings[i] for i in (kept if chosen is None else chosen) if labels[i] == label} - {unit}
            if len(of_label) < 2:
                assert np.isnan(left[place])
                continue
            again = across_x(images[kept], labels[kept], recordings[kept], label, sample=rows, **options)
            assert left[place] == pytest.approx(again, abs=1e-12)


def test_pairs_of_one_recording_do_not_count():
    """Two takes of one picture from each recording: alike inside the recording, nothing shared by the label."""
    rng = np.random.default_rng(1)
    shared = rng.standard_normal((12, 40))
    recordings = np.repeat(np.arange(12), 2)
    images, labels = shared[recordings] + 0.1 * rng.standard_normal((24, 40)), np.repeat([0, 1], 12)
    pool = make_pool(images, labels, clusters=recordings)
    across = giils_across(AcrossRecordings(pool, Kind(denominator="unbiased")), {})
    counted = giils(images, labels, clusters=recordings, denominator="unbiased")
    for label in (0, 1):
        assert abs(across[str(label)].x) < 0.08
        assert counted[label].x > across[str(label)].x + 0.03
    assert across["0"].options["pairs"] == "different recordings"


def test_one_recording_has_no_pair_and_three_no_interval():
    images, _, _, labels, recordings, _ = world(2, sizes=(3, 2, 4), labels=2, per_clip=1)
    recordings = np.where(labels == 0, 0, recordings)
    found = giils_across(AcrossRecordings(make_pool(images, labels, clusters=recordings), Kind()), {})
    assert found["0"].reason == "all images come from one recording: no pair of different recordings"
    assert found["1"].score is not None
    assert found["1"].reason == "images of 3 recordings, an interval needs 4"


def test_labels_together_are_served_by_the_same_jackknife():
    images, _, _, labels, recordings, _ = world(5)
    pool = make_pool(images, labels, clusters=recordings)
    jackknife = AcrossRecordings(pool, Kind())
    family = label_family(pool, Kind(), jackknife=jackknife)
    scores = giils_across(jackknife, {})
    assert family.macro_mean == pytest.approx(np.mean([score.score for score in scores.values()]))


def test_pairs_with_themselves_and_no_background_are_refused():
    pool = make_pool(np.eye(4), [0, 0, 1, 1])
    for kind in (Kind(self_pairs=True), Kind(background=None)):
        with pytest.raises(MetricError, match="recording"):
            AcrossRecordings(pool, kind)


def test_single_clips_of_recordings_give_the_variance_of_pairs_that_clips_give():
    """Where every recording is one image, the surplus of the jackknife is that of single images."""
    images, _, _, labels, _, _ = world(7, sizes=(1,) * 12, labels=3, per_clip=1, size=30)
    single, across = giils(images, labels), make_pool(images, labels, clusters=np.arange(len(images)))
    for label, score in giils_across(AcrossRecordings(across, Kind()), {}).items():
        assert score.x == pytest.approx(single[int(label)].x, abs=1e-12)
        assert score.se == pytest.approx(single[int(label)].se, rel=1e-6)
