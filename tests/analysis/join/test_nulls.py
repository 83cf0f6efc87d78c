"""Both nulls against literal loops over all permutations, and what they must not depend on."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.join.boards import Boards, ShownBoard
from analysis.join.nulls import beyond_test, nothing_test
from analysis.join.pairs import pairs_of
from tests.analysis.join.spaces import noise, played, space
from tests.analysis.metrics_golden import unit


def residuals(boards, expected):
    """Chosen minus expected of each (clip, image), by a loop over all answers."""
    found = {}
    for board in boards.shown:
        for place, clip in enumerate(board.clips):
            for column, image in enumerate(board.images):
                chosen = float(board.chosen[place] == column)
                found[clip, image] = found.get((clip, image), 0.0) + chosen - expected(board, clip, image)
    return found


def test_beyond_is_the_share_of_all_joint_permutations():
    rng = np.random.default_rng(3)
    embeddings = noise(rng)
    boards = played(rng, embeddings, np.eye(12), people=8)
    near = embeddings.audio @ embeddings.images.T

    def kind(clip, image):
        return clip // 3, image // 3, clip == image

    shown, chosen = {}, {}
    for board in boards.shown:
        for place, clip in enumerate(board.clips):
            for column, image in enumerate(board.images):
                key = kind(clip, image)
                shown[key] = shown.get(key, 0) + 1
                chosen[key] = chosen.get(key, 0) + (board.chosen[place] == column)
    rest = residuals(boards, lambda board, clip, image: chosen[kind(clip, image)] / shown[kind(clip, image)])
    totals = []
    for parts in itertools.product(*(itertools.permutations(range(3 * c, 3 * c + 3)) for c in range(4))):
        to = [place for part in parts for place in part]
        totals.append(sum(value * near[to[clip], to[image]] for (clip, image), value in rest.items()))
    found = beyond_test(pairs_of(boards), embeddings)
    assert found.p_value == pytest.approx(np.mean(np.array(totals) >= totals[0] - 1e-9))
    assert (found.method, found.n_permutations, found.n_pictures, found.least_p) == ("exact", 1296, 12, 1 / 1296)


def test_nothing_is_the_share_of_all_permutations_of_images():
    rng = np.random.default_rng(4)
    embeddings = noise(rng, pictures=4)
    boards = played(rng, embeddings, 2 * np.eye(4), people=9, boards=1)
    near = embeddings.audio @ embeddings.images.T
    rest = residuals(boards, lambda board, clip, image: 0.25)
    values = []
    for order in itertools.permutations(range(4)):
        sums = [sum(rest[clip, image] * near[clip, order[image]] for image in range(4)) for clip in range(4)]
        values.append(sum(sums) / np.linalg.norm(sums))
    found = nothing_test(pairs_of(boards), embeddings)
    assert found.p_value == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-9))
    assert (found.method, found.n_permutations, found.least_p) == ("exact", 24, 1 / 24)


def test_noise_that_the_errors_over_participants_call_significant_is_not_found():
    """People know every third clip, so they agree with each other, and all that the space has to say is noise."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        embeddings = noise(rng)
        boards = played(rng, embeddings, np.diag(np.where(np.arange(12) % 3 == 0, 5.0, 0.0)), people=30)
        found.append(
            (nothing_test(pairs_of(boards), embeddings).p_value, beyond_test(pairs_of(boards), embeddings).p_value)
        )
    assert (np.array(found) <= 0.05).sum(axis=0).max() <= 4  # P(more of 20 at .05) = .003


def test_a_relation_beyond_own_images_is_found_and_own_images_alone_are_not():
    rng = np.random.default_rng(5)
    audio = unit(rng.standard_normal((40, 16)))
    embeddings = space(audio, unit(audio + 0.2 * rng.standard_normal(audio.shape)))
    near = embeddings.audio @ embeddings.images.T
    rest = near - np.diag(np.diag(near))
    alone = played(rng, embeddings, 1.5 * np.eye(40), people=40)
    both = played(rng, embeddings, 1.5 * np.eye(40) + 4 * rest, people=40)
    own, more = (beyond_test(pairs_of(boards), embeddings) for boards in (alone, both))
    assert own.p_value > 0.05
    assert more.p_value < 0.01 < 0.1 < more.correlation
    assert nothing_test(pairs_of(alone), embeddings).p_value < 0.01
    assert more == beyond_test(pairs_of(both), embeddings)
    assert (more.method, more.least_p) == ("monte_carlo", 1 / 10_000)


def test_under_three_pictures_a_category_there_is_no_test():
    rng = np.random.default_rng(6)
    embeddings = noise(rng, pictures=8)
    found = beyond_test(pairs_of(played(rng, embeddings, np.eye(8), boards=2)), embeddings)
    assert (found.p_value, found.correlation, found.status) == (None, None, "too_small")
    assert "3 clips with pictures of their own to exchange (A 2, B 2, C 2, D 2)" in found.reason


def test_several_images_of_a_clip_move_with_it():
    rng = np.random.default_rng(7)
    audio, partner = unit(rng.standard_normal((12, 16))), np.repeat(np.arange(12), 2)
    embeddings = space(audio, unit(rng.standard_normal((24, 16))), partner)
    shown = []
    for person in range(30):
        clips = np.array([3 * c + rng.integers(3) for c in range(4)])
        images = 2 * clips + rng.integers(0, 2, 4)
        chosen = tuple(rng.permutation(4).tolist())
        shown.append(ShownBoard(f"p{person}", tuple(clips.tolist()), tuple(images.tolist()), chosen))
    found = beyond_test(pairs_of(Boards(True, shown)), embeddings)
    assert (found.method, found.n_pictures, found.status) == ("monte_carlo", 12, "ok")
    assert 0 < found.p_value <= 1


def test_nothing_left_to_explain_has_no_test():
    rng = np.random.default_rng(8)
    embeddings = noise(rng)
    everybody_right = played(rng, embeddings, 100 * np.eye(12))
    assert beyond_test(pairs_of(everybody_right), embeddings).status == "degenerate"
    flat = space(np.ones((12, 2)) / 2**0.5, np.ones((12, 2)) / 2**0.5)
    guessed = played(rng, embeddings, np.zeros((12, 12)))
    assert beyond_test(pairs_of(guessed), flat).status == nothing_test(pairs_of(guessed), flat).status == "degenerate"


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_what_both_know_of_categories_and_own_images_changes_no_p(seed):
    """Similarity that only depends on categories, or on being the own image, drops out of "beyond"."""
    rng = np.random.default_rng(seed)
    embeddings = noise(rng)
    boards = played(rng, embeddings, 2 * np.eye(12), people=6)
    plain = beyond_test(pairs_of(boards), embeddings)
    # An own direction for each category (columns of a 4 x 4 table) adds the same to all pairs of two categories.
    rows, columns = np.eye(4).repeat(3, axis=0), rng.standard_normal((4, 4)).repeat(3, axis=0)
    audio, images = (
        np.hstack([part, extra]) for part, extra in ((embeddings.audio, rows), (embeddings.images, columns))
    )
    scale = 8.0  # all lengths are made equal by one more dimension that the other side lacks
    audio = np.hstack([audio, np.sqrt(scale**2 - (audio**2).sum(1))[:, None], np.zeros((12, 1))]) / scale
    images = np.hstack([images, np.zeros((12, 1)), np.sqrt(scale**2 - (images**2).sum(1))[:, None]]) / scale
    shifted = beyond_test(pairs_of(boards), space(audio, images))
    assert shifted.p_value == plain.p_value
    assert shifted.correlation == pytest.approx(plain.correlation, abs=1e-9)
