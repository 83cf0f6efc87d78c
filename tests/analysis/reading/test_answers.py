import pytest

from analysis.chance import Block
from analysis.reading.answers import BoardLayout, answers_from
from tests.analysis.golden import STATS
from tests.analysis.tables import FOUR, rows_of, table_2, table_4


def test_arrays_tell_the_same_as_the_rows():
    answers = answers_from(table_4(), FOUR)
    assert (answers.n_participants, answers.n_blocks, answers.n_answers, answers.total_correct) == (12, 12, 48, 38)
    assert sorted(answers.hits_by_participant.tolist(), reverse=True) == STATS["T4.participant_scores"]
    assert answers.hits_by_category.sum(axis=0).tolist() == [12, 7, 7, 12]
    assert answers.answers_by_category.sum(axis=0).tolist() == [12, 12, 12, 12]
    assert answers.boards == (BoardLayout((0, 1, 2, 3), (0, 1, 2, 3), 4),) * 12


def test_answers_of_the_participants_are_the_permutations_of_the_golden_support():
    answers = answers_from(table_4(), FOUR)
    assert sorted({tuple(row) for row in answers.chosen.reshape(12, 4).tolist()}) == [
        tuple(p) for p in STATS["T4.permutations_in_support"]
    ]


def test_a_block_with_missing_answers_counts_only_what_was_answered():
    answers = answers_from(rows_of([(0, None, 2, None), (None,) * 4]), FOUR)
    assert answers.n_answers == 2
    assert answers.boards == (BoardLayout((0, 2), (0, 1, 2, 3), 4),)
    assert answers.boards[0].block() == (2, 4)


def test_more_images_than_clips_leave_the_others_unnamed():
    (board,) = answers_from(rows_of([(0, 1)], n_options=6), FOUR).boards
    assert board.plain
    assert board.block() == (2, 6)


def test_a_complete_board_knows_its_images_from_the_answers():
    frame = rows_of([(0, 0, 2, 3)]).assign(chosen_stimulus=list("wxyz"))
    (board,) = answers_from(frame, FOUR).boards
    assert board.images == (0, 0, 2, 3)
    assert board.block() == Block(("0", "1", "2", "3"), ("0", "0", "2", "3"))


def test_one_clip_at_a_time_has_the_chance_of_its_options():
    answers = answers_from(rows_of([(0,), (1,)], n_options=4, design="free"), FOUR)
    assert answers.null_law.pmf == pytest.approx([9 / 16, 6 / 16, 1 / 16])


def test_law_of_a_category_is_binomial_for_one_clip_each():
    answers = answers_from(table_4(), FOUR)
    for x in range(13):
        assert answers.category_law(0).sf(x) == pytest.approx(STATS[f"cat.{x}of12.p_gt_chance"], rel=1e-12)


def test_categories_come_in_order_of_appearance_without_a_given_order():
    assert answers_from(table_2()).categories == ("Sky", "Water", "Mountain", "Desert")
    assert answers_from(rows_of([(3, 1)], FOUR, n_options=4)).categories == (FOUR[0], FOUR[1], FOUR[3])
