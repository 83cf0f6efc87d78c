from itertools import permutations

import numpy as np
import pytest

from analysis.similarity import matching_null, recording_null
from tests.analysis.similarity.recordings.worlds import unit, world


def test_recordings_of_one_size_take_each_other_s_places_as_wholes():
    """Every arrangement in loops: the k-th clip of a recording is taken by the k-th clip of another of its size."""
    images, clips, partner, _, of_image, of_clip = world(1, sizes=(2, 2, 1), labels=2, per_clip=2)
    used = sorted(set(partner.tolist()))
    members = {r: [c for c in used if of_clip[c] == r] for r in range(6)}
    classes = [[r for r in members if len(members[r]) == size] for size in (1, 2)]
    u, v, totals = unit(images), unit(clips), []
    for first in permutations(classes[0]):
        for second in permutations(classes[1]):
            moved = dict(zip(classes[0] + classes[1], first + second, strict=True))
            takes = {c: members[moved[r]][k] for r in members for k, c in enumerate(members[r])}
            totals.append(np.mean([u[i] @ v[takes[c]] for i, c in enumerate(partner)]))
    found = recording_null(images, clips, partner, of_image)
    assert found.method == "exact"
    assert found.observed == pytest.approx(totals[0], abs=1e-12)
    assert found.mean == pytest.approx(np.mean(totals), abs=1e-12)
    assert found.sd == pytest.approx(np.std(totals), abs=1e-12)
    assert found.p_value == pytest.approx(np.mean(np.array(totals) >= totals[0] - 1e-12))


def test_recordings_of_one_clip_are_clips():
    images, clips, partner, labels, of_image, _ = world(2, sizes=(1,) * 4, labels=3, per_clip=2)
    for within in (None, labels):
        single = matching_null(images, clips, partner, within=within)
        whole = recording_null(images, clips, partner, of_image, within=within)
        assert whole.mean == pytest.approx(single.mean)
        assert whole.sd == pytest.approx(single.sd)
        assert whole.n_units == 12
        if within is not None:
            assert whole.p_value == pytest.approx(single.p_value)


def test_inside_a_category_recordings_stay_in_it():
    images, clips, partner, labels, of_image, _ = world(3, sizes=(1, 2), labels=2)
    inside = recording_null(images, clips, partner, of_image, within=labels)
    assert inside.status == "too_small"
    assert inside.p_value is None
    assert "none can change places" in inside.reason
    assert recording_null(images, clips, partner, of_image).n_units == 4


def test_a_recording_of_a_size_of_its_own_stays():
    images, clips, partner, _, of_image, _ = world(4, sizes=(1, 1, 3), labels=1, per_clip=1)
    found = recording_null(images, clips, partner, of_image)
    assert found.n_units == 2
    assert found.p_value in (0.5, 1.0)


def test_many_arrangements_are_drawn():
    images, clips, partner, _, of_image, _ = world(5, sizes=(1, 2, 1, 2, 1, 2), labels=3)
    found = recording_null(images, clips, partner, of_image, draws=199, seed=1)
    assert found.method == "monte_carlo"
    assert recording_null(images, clips, partner, of_image, draws=199, seed=1) == found
    assert recording_null(images, clips, partner, of_image, draws=0).method == "normal"
