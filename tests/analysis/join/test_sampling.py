"""Errors over people and pictures: the textbook cases that they must equal, and when there are none."""

import numpy as np
import pytest

from analysis.join.boards import ShownBoard
from analysis.join.sampling import interval_over_both, sample_of, standard_error
from tests.analysis.join.spaces import noise, played


def test_boards_of_pictures_of_their_own_give_the_error_of_a_mean_over_boards():
    rng = np.random.default_rng(1)
    embeddings, values = noise(rng, pictures=40), rng.standard_normal(10)
    boards = [ShownBoard(f"p{b}", *((b, 10 + b, 20 + b, 30 + b),) * 2, (0, 1, 2, 3)) for b in range(10)]
    sample = sample_of(boards, embeddings)
    assert (sample.n_people, sample.n_pictures, len(sample.strata), sample.degrees) == (10, 40, 10, 9)
    found = standard_error(sample, values - values.mean(), np.ones(10))
    assert found == pytest.approx(values.std(ddof=1) / 10**0.5)


def test_one_picture_a_board_is_stratified_by_category():
    rng = np.random.default_rng(2)
    embeddings, values = noise(rng), rng.standard_normal(12)
    boards = [ShownBoard(f"p{b}", (b,), (b,), (0,)) for b in range(12)]
    sample = sample_of(boards, embeddings)
    assert (len(sample.strata), sample.degrees) == (12, 8)
    moved = (values - values.mean()) / 11
    centred = moved - moved.reshape(4, 3).mean(axis=1).repeat(3)
    pictures = 2 / 3 * (centred**2).sum()
    people = 11 / 12 * (moved**2).sum()
    found = standard_error(sample, values - values.mean(), np.ones(12))
    assert found == pytest.approx(max(pictures, people) ** 0.5)


def test_people_who_agree_with_themselves_add_to_the_error():
    rng = np.random.default_rng(3)
    embeddings = noise(rng, pictures=40)
    boards = played(rng, embeddings, np.zeros((40, 40)), people=12, boards=10).shown
    sample = sample_of(boards, embeddings)
    person = rng.standard_normal(12)[sample.person]
    alike = standard_error(sample, person - person.mean(), np.ones(120))
    apart = rng.permutation(person)
    assert alike > 1.3 * standard_error(sample, apart - apart.mean(), np.ones(120))
    assert alike > person.std() / 12**0.5


def test_too_few_pictures_or_people_give_words():
    rng = np.random.default_rng(4)
    few = noise(rng, pictures=8)
    sample = sample_of(played(rng, few, np.zeros((8, 8)), boards=2).shown, few)
    found = interval_over_both(sample, 1.0, np.zeros(40), np.ones(40))
    assert (found["se"], found["ci_low"]) == (None, None)
    assert found["interval_reason"] == "8 pictures: an interval that holds for other pictures needs 12"
    many = noise(rng)
    one = sample_of(played(rng, many, np.zeros((12, 12)), people=1).shown, many)
    assert "two participants" in one.reason
    together = [ShownBoard(f"p{n}", tuple(range(12)), tuple(range(12)), tuple(range(12))) for n in range(3)]
    assert "all pictures together" in sample_of(together, many).reason
    assert sample_of([], many).reason == "an interval needs at least two participants"
