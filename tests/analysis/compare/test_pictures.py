"""Arms compared for pictures drawn anew: pictures and people are both samples."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.compare import Sample, compare_pictures, compare_samples
from analysis.reading import answers_of, validate_responses
from tests.analysis.tables import FOUR, rows_of


def sample(rng, *, pictures=6, people=8, offset=0, persons=0, spread=0.0, mean=0.5):
    """Answers of people to all pictures of two categories: ease of a picture plus noise of an answer."""
    ease = mean + spread * rng.standard_normal((2, pictures))
    person, category, picture = (place.ravel() for place in np.indices((people, 2, pictures)))
    value = ease[category, picture] + 0.2 * rng.standard_normal(len(person))
    return Sample(value, category, offset + category * pictures + picture, persons + person)


def test_with_pictures_that_differ_the_error_is_that_of_their_means():
    """Many people, pictures that differ much: nearly the t test of the pictures' means, category by category."""
    rng = np.random.default_rng(1)
    first = sample(rng, people=200, spread=0.3)
    second = sample(rng, people=200, spread=0.3, offset=100, persons=500)
    found = compare_samples(first, second, unit="picture")
    means = [
        [[arm.value[arm.unit == unit].mean() for unit in np.unique(arm.unit[arm.category == c])] for c in (0, 1)]
        for arm in (first, second)
    ]
    by_hand = np.sqrt(sum(np.var(rows, ddof=1) / 6 for arm in means for rows in arm)) / 2
    assert found.difference == pytest.approx(np.mean(means[0]) - np.mean(means[1]), abs=1e-12)
    assert found.se == pytest.approx(by_hand, rel=0.05)
    assert (found.n_a, found.n_b, found.n_shared) == (12, 12, 0)


def test_the_error_is_the_sum_over_clusters_by_a_literal_loop():
    """Independent arms: people's and pictures' sums of squares less those of their meetings, term by term."""
    rng = np.random.default_rng(2)
    arms = [sample(rng, spread=0.3), sample(rng, spread=0.3, offset=100, persons=500)]
    found = compare_samples(*arms, unit="picture")
    total = 0.0
    for arm in arms:
        rows = range(len(arm.value))
        mean = {c: arm.value[arm.category == c].mean() for c in (0, 1)}
        error = [(arm.value[i] - mean[arm.category[i]]) / (96 / 2) / 2 for i in rows]
        people = sorted(set(arm.person.tolist()))
        total += sum(sum(error[i] for i in rows if arm.person[i] == p) ** 2 for p in people) * 8 / 7
        for c in (0, 1):
            units = sorted(set(arm.unit[arm.category == c].tolist()))
            total += sum(sum(error[i] for i in rows if arm.unit[i] == u) ** 2 for u in units) * 6 / 5
        total -= sum(e**2 for e in error)  # everybody met every picture once
    assert found.se == pytest.approx(total**0.5, rel=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.difference / found.se), found.df))


@given(seed=st.integers(0, 1_000), spread=st.sampled_from([0.0, 0.2]))
def test_arms_that_change_places_change_the_sign_alone(seed, spread):
    rng = np.random.default_rng(seed)
    first, second = sample(rng, spread=spread), sample(rng, spread=spread, offset=100, persons=500, mean=0.3)
    one, other = compare_samples(first, second), compare_samples(second, first)
    assert other.difference == pytest.approx(-one.difference)
    assert (other.p_value, other.ci_low) == (pytest.approx(one.p_value), pytest.approx(-one.ci_high))


def test_shared_clips_and_people_leave_what_they_share_out():
    """The same ease of clips in both arms adds nothing to the error; pictures of their own would add all of it."""
    rng = np.random.default_rng(3)
    ease = 0.4 * rng.standard_normal(12)
    first, second = sample(rng), sample(rng)
    first, second = (replace(arm, value=arm.value + ease[arm.unit]) for arm in (first, second))
    paired = compare_samples(first, second)
    apart = compare_samples(first, replace(second, unit=second.unit + 100, person=second.person + 100))
    assert paired.n_shared == 12
    assert paired.se < apart.se / 3


def test_under_three_pictures_it_cannot_be_answered():
    rng = np.random.default_rng(4)
    found = compare_samples(sample(rng, pictures=2), sample(rng, pictures=2, offset=50))
    assert (found.status, found.p_value, found.ci_low, found.fewest) == ("too_small", None, None, 2)


def arm_of(picks, names, arm):
    rows = rows_of(picks).assign(arm=arm)
    rows["clip"] = [f"{names}{i // 4 % 3}-{category}" for i, category in enumerate(rows["clip_category"])]
    rows = validate_responses(rows)
    return rows, answers_of(rows, list(FOUR))


def test_rows_of_two_arms_are_compared_by_their_clips():
    rng = np.random.default_rng(5)
    picks = [[tuple(rng.permutation(4)) for _ in range(12)] for _ in range(2)]
    same = compare_pictures("x", arm_of(picks[0], "c", "x"), "y", arm_of(picks[1], "c", "y"))
    assert (same.unit, same.n_a, same.n_shared, same.status) == ("clip", 12, 12, "ok")
    few = [arm_of(found[:2], "c", arm) for found, arm in zip(picks, "xy", strict=True)]
    refused = compare_pictures("x", few[0], "y", few[1])
    assert refused.reason.startswith("x showed 2 pictures of ")
    assert refused.reason.endswith("; 3 of each category are needed to tell how much pictures differ.")
