from itertools import product

import numpy as np
import pytest

from analysis.metrics.swapping import giils_of, make_cells, two_sided
from analysis.similarity import AcrossRecordings, Jackknife, make_pool
from tests.analysis.similarity.recordings.test_across import KINDS
from tests.analysis.similarity.recordings.worlds import unit, world


def two(seed=1, paired=True):
    images, _, _, labels, recordings, _ = world(seed, sizes=(1, 2, 2), labels=2, per_clip=1)
    other = images + 0.5 * np.random.default_rng(seed).standard_normal(images.shape)
    cells, places = make_cells((recordings, recordings), (labels, labels), paired=paired)
    return images, other, labels, recordings, cells, places


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("different", [True, False])
def test_giils_of_any_exchange_is_giils_of_the_images_held(kind, different):
    images, other, labels, recordings, cells, places = two()
    pooled, cell = np.concatenate([images, other]), np.concatenate(places)
    vectors = np.zeros((len(cells.n), images.shape[1]))
    np.add.at(vectors, cell, unit(pooled))
    held, _ = cells.exchanges(99, 1)
    for weights in (*held[:3], *cells.left_out()[0][:2]):
        mine = weights[cell] > 0
        pool = make_pool(pooled[mine], np.tile(labels, 2)[mine], clusters=np.tile(recordings, 2)[mine])
        one = AcrossRecordings(pool, kind) if different else Jackknife(pool, kind)
        found = giils_of(vectors, cells, weights[None], kind, different=different)[0]
        assert found == pytest.approx([one.value(code) for code in (0, 1)], abs=1e-12)


def test_few_recordings_are_swapped_in_every_way():
    _, _, _, _, cells, _ = two()
    held, method = cells.exchanges(9_999, 1)
    assert method == "exact"
    groups = np.unique(cells.group)
    for row, way in zip(held, product((0, 1), repeat=len(groups)), strict=True):
        expected = [
            int(side == way[np.searchsorted(groups, group)])
            for side, group in zip(cells.side, cells.group, strict=True)
        ]
        assert row.tolist() == expected
    assert two_sided(1.0, np.array([1.0, -1.0, 0.5, 0.0]), "exact") == 0.5
    assert two_sided(1.0, np.array([0.5, 0.0]), "monte_carlo") == pytest.approx(1 / 3)


def test_recordings_of_two_sides_change_sides_with_their_equals():
    _, _, _, _, cells, _ = two(paired=False)
    held, _ = cells.exchanges(50, 1)
    assert ((held @ cells.n) == cells.n.sum() / 2).all()
    for label, n in {(label, n) for label, n in zip(cells.label.tolist(), cells.n.tolist(), strict=True)}:
        own = (cells.label == label) & (cells.n == n)
        assert (held[:, own].sum(axis=1) == own.sum() / 2).all()


def test_swaps_of_two_alike_models_call_one_better_no_more_often_than_stated():
    rng, called = np.random.default_rng(3), 0
    names = np.repeat([f"r{row}" for row in range(20)], 3)
    for _ in range(200):
        sides = [np.repeat(rng.standard_normal(20), 3) + rng.standard_normal(60) for _ in range(2)]
        cells, places = make_cells((names, names), (names, names), paired=True)
        sums = np.zeros(len(cells.n))
        np.add.at(sums, np.concatenate(places), np.concatenate(sides))
        held, method = cells.exchanges(199, 1)
        drawn = ((2 * held - 1) @ sums) / 60
        called += two_sided(float(((2 * cells.first - 1) @ sums)[0]) / 60, drawn, method) <= 0.05
    assert called / 200 <= 0.05 + 2 * (0.05 * 0.95 / 200) ** 0.5
