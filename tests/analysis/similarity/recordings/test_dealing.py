from itertools import combinations, product

import numpy as np
import pytest

from analysis.similarity import AcrossRecordings, Dealing, Jackknife, Kind, label_null, make_pool, sample_pool
from tests.analysis.similarity.recordings.test_across import KINDS
from tests.analysis.similarity.recordings.worlds import across_x, world


def nulls(pool, kind, draws=99):
    across = None if kind.self_pairs else AcrossRecordings(pool, kind)
    return Dealing(pool, kind).nulls(across, Jackknife(pool, kind), draws=draws, seed=1)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_way_to_deal_labels_out_by_loops(kind):
    images, _, _, labels, recordings, _ = world(1, sizes=(1, 1, 2, 3), labels=2, per_clip=1)
    found, _ = nulls(make_pool(images, labels, clusters=recordings), kind)
    options = {"paper": kind.denominator == "paper", "other": kind.background == "other_labels"}
    size = np.bincount(recordings)
    classes = [[r for r in set(recordings) if size[r] == n] for n in (1, 2, 3)]
    mine = set(recordings[labels == 0].tolist())
    ways = [list(combinations(own, len(mine & set(own)))) for own in classes]
    values = []
    for way in product(*ways):
        dealt = np.where(np.isin(recordings, sum(way, ())), 0, 1)
        values.append(across_x(images, dealt, recordings, 0, **options))
    null = found["0"]
    assert null.method == "exact"
    assert null.mean == pytest.approx(np.mean(values), abs=1e-12)
    assert null.sd == pytest.approx(np.std(values), abs=1e-12)
    assert null.p_value == np.mean(np.array(values) >= null.observed - 1e-12)


def test_all_pairs_of_recordings_of_one_size_are_dealt_as_clips():
    images, _, _, labels, recordings, _ = world(2, sizes=(2,) * 4, labels=3, per_clip=1)
    _, found = nulls(make_pool(images, labels, clusters=recordings), Kind())
    expected = label_null(images, labels, clusters=recordings)
    for label in (0, 1, 2):
        assert found[str(label)].mean == pytest.approx(expected[label].mean)
        assert found[str(label)].p_value == pytest.approx(expected[label].p_value)


def test_draws_serve_what_cannot_be_counted_and_samples_keep_the_background():
    images, _, _, labels, recordings, _ = world(3, sizes=(1, 2, 1, 2) * 4, labels=3, per_clip=1)
    chosen = np.arange(0, len(images), 2)
    pool = sample_pool(images, labels, chosen, clusters=recordings)
    found, every = nulls(pool, Kind())
    assert {null.method for null in (*found.values(), *every.values())} == {"monte_carlo"}
    assert all(0 < null.p_value <= 1 for null in found.values())
    refused, _ = nulls(pool, Kind("other_labels"))
    assert all("cannot be dealt out" in null.reason for null in refused.values())


def test_what_cannot_be_dealt_out_says_why():
    images, _, _, labels, _, _ = world(4, sizes=(1, 2, 3), labels=2, per_clip=1)
    mixed = np.arange(len(images)) % 4
    found, _ = nulls(make_pool(images, labels, clusters=mixed), Kind())
    assert "carry different labels" in found["0"].reason
    alone = np.where(labels == 0, 0, 1 + np.arange(len(images)))
    found, _ = nulls(make_pool(images, labels, clusters=alone), Kind())
    assert found["0"].p_value is None
    assert found["0"].observed is None
    _, every = nulls(make_pool(images, labels, clusters=alone), Kind(self_pairs=True))
    assert "nothing to deal out" in every["0"].reason
