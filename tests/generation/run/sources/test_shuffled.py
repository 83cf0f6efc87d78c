"""The shuffled control: uniform permutations, one expected hit, whole boards."""

from collections import Counter
from itertools import permutations
from statistics import fmean

from generation.run.sources.shuffled import draw_permutation, make_boards

SLOTS = {"A": ["a0", "a1", "a2"], "B": ["b0", "b1", "b2"], "C": ["c0", "c1", "c2", "c3"]}


def test_boards_hold_one_image_of_each_category_and_repeat_none():
    boards = make_boards(SLOTS, source="set", seed=1)
    assert [board.number for board in boards] == [0, 1, 2]
    assert [[slot[0] for slot in board.slots] for board in boards] == [["a", "b", "c"]] * 3
    shown = [slot for board in boards for slot in board.slots]
    assert len(set(shown)) == 9


def test_boards_follow_the_seed():
    assert make_boards(SLOTS, source="set", seed=1) == make_boards(SLOTS, source="set", seed=1)
    assert len({tuple(make_boards(SLOTS, source="set", seed=seed)) for seed in range(20)}) == 20


def test_controls_of_two_sets_with_one_seed_are_independent():
    boards = [
        (make_boards(SLOTS, source=source, seed=seed), seed) for seed in range(1500) for source in ("one", "other")
    ]
    agreeing = sum(
        first.permutation == second.permutation
        for (ones, _), (others, _) in zip(boards[::2], boards[1::2], strict=True)
        for first, second in zip(ones, others, strict=True)
    )
    # 4500 pairs of permutations of three, one in six alike: 750, standard deviation 25
    assert abs(agreeing - 750) < 5 * 25


def test_every_permutation_is_equally_likely_the_identity_included():
    counts = Counter(draw_permutation(4, seed=seed) for seed in range(24_000))
    assert set(counts) == set(permutations(range(4)))
    # chi-squared with 23 degrees of freedom: 1 in 10,000 exceeds 58.6
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 58.6


def test_any_one_to_one_strategy_expects_one_hit_per_board():
    boards = [board for seed in range(3000) for board in make_boards(SLOTS, source="set", seed=seed)]
    for strategy in ((0, 1, 2), (1, 2, 0)):
        hits = [sum(p == s for p, s in zip(board.permutation, strategy, strict=True)) for board in boards]
        assert abs(fmean(hits) - 1) < 5 / len(boards) ** 0.5


def test_nothing_to_shuffle_gives_no_board():
    assert make_boards({}, source="set", seed=0) == []
    assert make_boards({"A": ["a"], "B": []}, source="set", seed=0) == []
