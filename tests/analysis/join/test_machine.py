"""The machine on people's boards: agreement as the mean of participants, with people and pictures as samples."""

import numpy as np

from analysis.join.boards import Boards, ShownBoard
from analysis.join.machine import machine_block
from analysis.join.pairs import tables_of
from analysis.join.sampling import sample_of
from tests.analysis.join.spaces import noise, played


def block(boards, embeddings):
    sample = sample_of(boards.shown, embeddings)
    return machine_block(boards, tables_of(boards, embeddings), embeddings, list("ABCD"), sample)


def test_agreement_is_the_mean_of_participants_however_much_they_answered():
    embeddings = noise(np.random.default_rng(1))
    near = embeddings.audio @ embeddings.images.T
    four = (0, 3, 6, 9)
    best = tuple(near[np.ix_(four, four)].argmax(axis=1).tolist())
    worst = tuple(near[np.ix_(four, four)].argmin(axis=1).tolist())
    shown = [ShownBoard("a", four, four, best)] * 3 + [ShownBoard("b", four, four, worst)]
    found = block(Boards(False, shown), embeddings)
    agreement = found["agreement"]
    assert (agreement["value"], agreement["chance"], agreement["n_participants"]) == (0.5, 0.25, 2)
    assert (agreement["ci_low"], agreement["ci_high"]) == (None, None)
    assert agreement["interval_reason"].startswith("4 pictures")
    assert (found["total"], found["n_distinct_boards"]) == (16, 1)


def test_agreement_with_noise_keeps_chance_in_its_interval():
    """People who know every third clip agree with each other, and so with a machine that only guesses."""
    rng = np.random.default_rng(2)
    embeddings = noise(rng)
    boards = played(rng, embeddings, np.diag(np.where(np.arange(12) % 3 == 0, 5.0, 0.0)), people=100)
    agreement = block(boards, embeddings)["agreement"]
    assert agreement["ci_low"] < 0.25 < agreement["ci_high"]
    people = np.array([board.participant for board in boards.shown])
    assert agreement["se"] > 2 * np.sqrt(0.25 * 0.75 / 4 / len(people))
