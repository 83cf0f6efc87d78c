"""Counts of pairs, similarities of boards, and the unit of a picture's interval."""

import numpy as np
import pytest

from analysis.intervals import proportion_interval
from analysis.join.boards import Boards, ShownBoard, similarities
from analysis.join.pairs import pairs_of, picture_rows, tables_of
from tests.analysis.join.spaces import noise

FOUR = (0, 3, 6, 9)


def test_pairs_count_answered_clips_only():
    boards = Boards(False, [ShownBoard("p1", FOUR, FOUR, (0, 0, -1, 3)), ShownBoard("p2", (0, 3), (0, 3, 7), (2, 1))])
    found = pairs_of(boards)
    counted = {
        (clip, image): (shown, chosen, expected)
        for clip, image, shown, chosen, expected in zip(
            found.clips.tolist(), found.images.tolist(), found.shown, found.chosen, found.expected, strict=True
        )
    }
    assert counted[0, 0] == (2, 1, pytest.approx(1 / 4 + 1 / 3))
    assert counted[0, 7] == (1, 1, pytest.approx(1 / 3))
    assert not [pair for pair in counted if pair[0] == 6]
    assert sum(chosen for _, chosen, _ in counted.values()) == sum(x for _, _, x in counted.values()) == 5


def test_tables_are_the_similarities_of_each_board():
    embeddings = noise(np.random.default_rng(1))
    boards = Boards(False, [ShownBoard("p1", FOUR, FOUR, (0, 1, 2, 3)), ShownBoard("p2", (1, 4), (0, 4, 7), (0, 1))])
    for board, table in zip(boards.shown, tables_of(boards, embeddings), strict=True):
        assert table == pytest.approx(similarities(board, embeddings))
    assert tables_of(Boards(True), embeddings) == []


def test_a_pictures_interval_counts_participants_not_their_repetitions():
    embeddings = noise(np.random.default_rng(2))
    choices = [(0, 1, 2, 3)] * 6 + [(1, 0, 2, 3)] * 6
    once = Boards(True, [ShownBoard(f"p{n}", FOUR, FOUR, one) for n, one in enumerate(choices)])
    thrice = Boards(True, [board for board in once.shown for _ in range(3)])
    first, again = (picture_rows(boards, pairs_of(boards), embeddings)[0] for boards in (once, thrice))
    assert (first["shown"], first["chosen"], again["shown"], again["chosen"]) == (12, 6, 36, 18)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx(proportion_interval(6, 12))
    assert again["ci_high"] - again["ci_low"] == pytest.approx(first["ci_high"] - first["ci_low"], rel=0.05)
