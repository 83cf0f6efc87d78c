import pytest

from analysis.join.boards import boards_of, similarities
from analysis.reading.embeddings import load
from tests.analysis.join.test_arm import FIRST, ONE_TO_ONE, answers, written


@pytest.fixture
def embeddings(tmp_path):
    return load(written(tmp_path / "embeddings.npz"))


def test_boards_are_read_from_complete_one_to_one_answers(embeddings):
    boards = boards_of(answers(ONE_TO_ONE), embeddings)
    assert (boards.one_to_one, len(boards.shown), dict(boards.left_out)) == (True, 4, {})
    first = boards.shown[0]
    assert (first.participant, first.clips, first.images) == ("p1", FIRST, FIRST)
    assert boards.shown[1].chosen == (0, 2, 1, 3)
    expected = embeddings.audio[[0, 2, 4, 6]] @ embeddings.images[[0, 2, 4, 6]].T
    assert similarities(first, embeddings) == pytest.approx(expected, abs=1e-6)


def test_images_of_free_boards_come_from_the_clips(embeddings):
    boards = boards_of(answers([("p1", "1", FIRST, (0, 0, 0, None))], design="free"), embeddings)
    assert (boards.one_to_one, boards.shown[0].images, boards.shown[0].chosen) == (False, FIRST, (0, 0, 0, -1))
    assert not boards.shown[0].complete


def test_images_that_cannot_be_told_are_counted_not_guessed(tmp_path):
    embeddings = load(written(tmp_path / "embeddings.npz", per_clip=2))
    frame = answers([("p1", "1", FIRST, (0, 0, 0, 1)), ("p2", "1", FIRST, (1, 4, 9, 12))], design="free", per_clip=2)
    boards = boards_of(frame, embeddings)
    assert dict(boards.left_out) == {"the images on the board cannot be told from the answers": 1}
    assert boards.shown[0].images == (1, 4, 9, 12)


def test_unknown_clips_and_images_are_counted(embeddings):
    frame = answers(ONE_TO_ONE)
    frame.loc[0, "clip"] = "unknown"
    frame.loc[5, "chosen_stimulus"] = "unknown"
    boards = boards_of(frame, embeddings)
    assert dict(boards.left_out) == {"a clip has no embedding": 1, "a chosen image has no embedding": 1}
    assert len(boards.shown) == 2
