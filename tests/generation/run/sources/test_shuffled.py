"""The shuffled control: uniform permutations, one expected hit, whole boards."""

from collections import Counter
from itertools import permutations
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from generation.run.sources.shuffled import draw_permutations, make_boards

SLOTS = {"A": ["a0", "a1", "a2"], "B": ["b0", "b1", "b2"], "C": ["c0", "c1", "c2", "c3"]}


def fixed(permutation):
    return sum(i == target for i, target in enumerate(permutation))


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
    # 4500 pairs of permutations with one fixed point, one in three alike: 1500, standard deviation 32
    assert abs(agreeing - 1500) < 5 * 32


def test_every_permutation_with_one_fixed_point_is_equally_likely():
    counts = Counter(draw_permutations(4, 1, seed=seed)[0] for seed in range(8_000))
    assert set(counts) == {p for p in permutations(range(4)) if fixed(p) == 1}
    # chi-squared with 7 degrees of freedom: 1 in 10,000 exceeds 29.9
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 29.9


@given(size=st.integers(3, 9), count=st.integers(0, 30), seed=st.integers(0, 2**63 - 1))
def test_a_perfect_recogniser_scores_chance_on_every_board_and_in_every_category(size, count, seed):
    drawn = draw_permutations(size, count, seed=seed)
    assert [sorted(p) for p in drawn] == [list(range(size))] * count
    assert [fixed(p) for p in drawn] == [1] * count
    # Each category is the one that stays as often as any other, but for an unfinished round.
    stays = Counter(i for p in drawn for i in range(size) if p[i] == i)
    assert all(stays[i] - count // size in (0, 1) for i in range(size))


def test_the_boards_of_a_set_leave_one_label_each_as_it_is():
    # Three boards of four: drawn from all permutations, they kept 1 of 12 labels where chance is 3.
    slots = {name: [f"{name}{i}" for i in range(3)] for name in "ABCD"}
    for seed in range(200):
        assert [fixed(board.permutation) for board in make_boards(slots, source="set", seed=seed)] == [1, 1, 1]


@given(count=st.integers(0, 20), seed=st.integers(0, 2**63 - 1))
def test_of_two_categories_both_stay_on_every_other_board(count, seed):
    drawn = draw_permutations(2, count, seed=seed)
    assert [fixed(a) + fixed(b) for a, b in zip(drawn[::2], drawn[1::2], strict=False)] == [2] * (count // 2)


def test_any_one_to_one_strategy_expects_one_hit_per_board():
    boards = [board for seed in range(3000) for board in make_boards(SLOTS, source="set", seed=seed)]
    for strategy in ((0, 1, 2), (1, 2, 0)):
        hits = [sum(p == s for p, s in zip(board.permutation, strategy, strict=True)) for board in boards]
        assert abs(fmean(hits) - 1) < 5 / len(boards) ** 0.5


def test_nothing_to_shuffle_gives_no_board():
    assert make_boards({}, source="set", seed=0) == []
    assert make_boards({"A": ["a"], "B": []}, source="set", seed=0) == []
