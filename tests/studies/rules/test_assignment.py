"""Boards, orders and arms: what every plan must keep, and what the draws look like over many sessions."""

import random
from collections import Counter
from collections.abc import Collection
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyserver.studies.errors import MaterialMissing
from studyserver.studies.rules.assignment import ArmLoad, Item, PlannedTrial, choose_arm, plan_trials


def make_items(categories: int, clips: int, images: int = 1) -> list[Item]:
    """Images of `clips` clips in each category; clip ids are 10 * category + i."""
    return [
        Item(stimulus=1000 * c + 10 * i + m, clip=10 * c + i, category=c)
        for c in range(1, categories + 1)
        for i in range(clips)
        for m in range(images)
    ]


def plan(
    items: list[Item], *, trials: int = 2, shown: Counter[int] | None = None, seed: int = 1, number: int = 1
) -> list[PlannedTrial]:
    categories = sorted({i.category for i in items})
    return plan_trials(
        items=items, categories=categories, trials=trials, shown=shown or Counter(), seed=seed, number=number
    )


@given(
    categories=st.integers(2, 6),
    clips=st.integers(1, 5),
    images=st.integers(1, 3),
    trials=st.integers(1, 7),
    seed=st.integers(0, 2**53),
    number=st.integers(1, 10_000),
)
@settings(max_examples=60)
def test_plan_keeps_the_rules_of_a_board(
    categories: int, clips: int, images: int, trials: int, seed: int, number: int
) -> None:
    items = make_items(categories, clips, images)
    clip_of = {i.stimulus: i.clip for i in items}
    category_of = {i.clip: i.category for i in items}
    planned = plan(items, trials=trials, seed=seed, number=number)
    assert len(planned) == trials
    for trial in planned:
        assert sorted(category_of[c] for c in trial.clip_order) == list(range(1, categories + 1))
        # Every image on the board was made from a clip on the board, one each.
        assert sorted(clip_of[s] for s in trial.image_order) == sorted(trial.clip_order)
    for category in range(1, categories + 1):
        heard = [c for trial in planned for c in trial.clip_order if category_of[c] == category]
        counts = Counter(heard)
        # No clip again while another is left: in any prefix, counts differ by at most one.
        assert max(counts.values()) - min(counts[c] for c in category_of if category_of[c] == category) <= 1
    assert planned == plan(list(reversed(items)), trials=trials, seed=seed, number=number)


def test_orders_of_clips_and_images_are_independent_and_uniform() -> None:
    items = make_items(3, 1)
    clip_of = {i.stimulus: i.clip for i in items}
    places: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for number in range(1, 3601):
        (trial,) = plan(items, trials=1, number=number)
        places[tuple(trial.clip_order), tuple(clip_of[s] for s in trial.image_order)] += 1
    # 6 x 6 pairs of orders, 100 expected in each; 70 to 130 is three standard deviations.
    assert len(places) == 36
    assert min(places.values()) > 60
    assert max(places.values()) < 140


def test_clips_and_images_are_shown_equally_often_over_sessions() -> None:
    items = make_items(4, 3, images=2)
    clip_of = {i.stimulus: i.clip for i in items}
    shown: Counter[int] = Counter()
    for number in range(1, 31):
        for trial in plan(items, trials=2, shown=shown, number=number):
            shown.update(trial.image_order)
    # 30 sessions x 2 trials over 3 clips x 2 images in each category: 10 times each image.
    assert set(shown.values()) == {10}
    assert set(Counter(clip_of[s] for s in shown.elements()).values()) == {20}


def test_different_sessions_and_seeds_get_different_plans() -> None:
    items = make_items(4, 5)
    plans = [plan(items, seed=seed, number=number) for seed in (1, 2) for number in (1, 2, 3)]
    assert all(a != b for a, b in pairwise(plans))


def test_plan_is_the_same_for_ever() -> None:
    """A change of these draws would change running studies: it needs a new version of the study, not a new test."""
    assert plan(make_items(4, 3), trials=2, seed=7, number=1) == [
        PlannedTrial(clip_order=[10, 22, 40, 32], image_order=[1000, 4000, 2020, 3020]),
        PlannedTrial(clip_order=[11, 31, 41, 21], image_order=[4010, 1010, 3010, 2010]),
    ]


def test_whole_boards_are_shown_together() -> None:
    items = [Item(stimulus=100 * b + c, clip=10 * b + c, category=c, board=b) for b in range(4) for c in (1, 2, 3)]
    board_of = {i.stimulus: i.board or 0 for i in items}
    planned = plan(items, trials=4)
    boards = [{board_of[s] for s in trial.image_order} for trial in planned]
    assert all(len(board) == 1 for board in boards)
    assert sorted(board.pop() for board in boards) == [0, 1, 2, 3]


def test_board_that_lost_an_image_is_left_out() -> None:
    items = [Item(stimulus=100 * b + c, clip=10 * b + c, category=c, board=b) for b in range(2) for c in (1, 2, 3)]
    planned = plan([i for i in items if i.stimulus != 2], trials=2)
    assert all(min(trial.image_order) > 100 for trial in planned)
    with pytest.raises(MaterialMissing, match="whole board"):
        plan_trials(items=items[:2], categories=[1, 2, 3], trials=1, shown={}, seed=1, number=1)


def test_category_without_image_is_named() -> None:
    with pytest.raises(MaterialMissing, match="category 3"):
        plan_trials(items=make_items(2, 1), categories=[1, 2, 3], trials=1, shown={}, seed=1, number=1)


def test_arm_with_fewest_taken_places_comes_first_and_full_arms_never() -> None:
    rng = random.Random(1)
    assert choose_arm([ArmLoad(1, 5), ArmLoad(2, 4)], rng=rng) == 2
    assert choose_arm([ArmLoad(1, 5), ArmLoad(2, 4, quota=4)], rng=rng) == 1
    assert choose_arm([ArmLoad(1, 5, quota=5), ArmLoad(2, 4, quota=4)], rng=rng) is None
    assert choose_arm([ArmLoad(1, 5, quota=100), ArmLoad(2, 4, quota=10)], rng=rng) == 1
    assert choose_arm([ArmLoad(1, 0, quota=0), ArmLoad(2, 0, quota=1)], rng=rng) == 2


def test_arms_fill_evenly_and_ties_are_broken_by_chance() -> None:
    taken: Counter[int] = Counter()
    firsts: Counter[int] = Counter()
    for number in range(1, 401):
        loads = [ArmLoad(arm, taken[arm]) for arm in (1, 2)]
        arm = choose_arm(loads, rng=random.Random(number))
        assert arm is not None
        if taken[1] == taken[2]:
            firsts[arm] += 1
        taken[arm] += 1
    assert taken == {1: 200, 2: 200}
    assert 70 < firsts[1] < 130


def alike_on(planned: list[PlannedTrial], alike: set[tuple[int, int]]) -> int:
    """How many pairs of look-alikes share a board."""
    return sum({one, other} <= set(trial.image_order) for trial in planned for one, other in alike)


@given(
    clips=st.integers(2, 5),
    images=st.integers(1, 2),
    trials=st.integers(1, 6),
    seed=st.integers(0, 2**53),
    chances=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30),
)
@settings(max_examples=60)
def test_look_alikes_leave_the_rules_of_a_board_as_they_are(
    clips: int, images: int, trials: int, seed: int, chances: list[tuple[float, float]]
) -> None:
    items = make_items(3, clips, images)
    clip_of = {i.stimulus: i.clip for i in items}
    first, others = [i for i in items if i.category == 1], [i for i in items if i.category != 1]
    alike = {
        (first[int(one * (len(first) - 1))].stimulus, others[int(other * (len(others) - 1))].stimulus)
        for one, other in chances
    }

    def draw(alike: Collection[tuple[int, int]] = ()) -> list[PlannedTrial]:
        return plan_trials(items=items, categories=[1, 2, 3], trials=trials, shown={}, seed=seed, number=3, alike=alike)

    planned = draw(alike)
    assert planned == draw(sorted(alike, reverse=True))
    for trial in planned:
        assert sorted(clip // 10 for clip in trial.clip_order) == [1, 2, 3]
        assert sorted(clip_of[s] for s in trial.image_order) == sorted(trial.clip_order)
    for category in (1, 2, 3):
        heard = [clip for trial in planned for clip in trial.clip_order if clip // 10 == category]
        for end in range(1, trials + 1):
            assert max(Counter(heard[:end]).values()) <= -(-end // clips)


def test_one_photograph_in_each_category_never_meets_itself_while_others_are_left() -> None:
    # Image i of each category is painted over photograph i; three boards of three photographs can be kept apart.
    items = make_items(3, 3)
    alike = {
        (a.stimulus, b.stimulus) for a in items for b in items if a.category < b.category and a.clip % 10 == b.clip % 10
    }
    met = {0: 0, 1: 0}
    for number in range(1, 40):
        for known in met:
            planned = plan_trials(
                items=items,
                categories=[1, 2, 3],
                trials=3,
                shown={},
                seed=4,
                number=number,
                alike=alike if known else (),
            )
            met[known] += alike_on(planned, alike)
    assert met[1] == 0 < met[0]


def test_boards_of_a_control_with_look_alikes_come_after_the_others() -> None:
    items = [
        Item(stimulus=10 * board + c, clip=10 * board + c, category=c, board=board)
        for board in range(1, 5)
        for c in (1, 2)
    ]
    shown: Counter[int] = Counter()
    for number in range(1, 10):
        planned = plan_trials(
            items=items, categories=[1, 2], trials=3, shown=shown, seed=1, number=number, alike=[(21, 22)]
        )
        assert number > 1 or alike_on(planned, {(21, 22)}) == 0
        for trial in planned:
            shown.update(trial.image_order)
    # It still takes its turns.
    assert shown[21] >= max(shown.values()) - 2
