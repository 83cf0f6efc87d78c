"""Seeded splits: sizes, order independence, and that a piece keeps its place."""

import hashlib
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.datasets.splits import assign_splits, held_out_sizes

pieces = st.sets(st.text("abcdef", min_size=1, max_size=4), max_size=40)


@pytest.mark.parametrize(
    ("n", "test", "val"), [(0, 0, 0), (1, 0, 0), (2, 1, 0), (3, 1, 1), (8, 1, 1), (20, 2, 2), (1000, 100, 100)]
)
def test_sizes_are_a_tenth_but_at_least_one(n, test, val):
    assert held_out_sizes(n) == {"test": test, "val": val}
    assert Counter(assign_splits(map(str, range(n)), seed=0, group="g", taken={}).values()) == Counter(
        {split: size for split, size in {"train": n - test - val, "test": test, "val": val}.items() if size}
    )


@given(pieces, st.integers(0, 10))
def test_order_of_the_pieces_does_not_matter(names, seed):
    forward = assign_splits(sorted(names), seed=seed, group="g", taken={})
    assert forward == assign_splits(sorted(names, reverse=True), seed=seed, group="g", taken={})
    assert set(forward) == names


@given(pieces, pieces)
def test_later_pieces_move_none_of_the_earlier(first, more):
    before = assign_splits(first, seed=1, group="g", taken={})
    after = assign_splits(first | more, seed=1, group="g", taken=before)
    assert set(after) == more - first
    sizes = Counter({**before, **after}.values())
    wanted = held_out_sizes(len(first | more))
    assert all(sizes[split] >= wanted[split] for split in ("test", "val") if len(after) >= sum(wanted.values()))


@given(pieces, st.data())
def test_an_interrupted_assignment_ends_like_an_uninterrupted_one(names, data):
    whole = assign_splits(names, seed=3, group="g", taken={})
    done = data.draw(st.sets(st.sampled_from(sorted(names)))) if names else set()
    rest = assign_splits(names, seed=3, group="g", taken={name: whole[name] for name in done})
    assert {**{name: whole[name] for name in done}, **rest} == whole


@given(pieces, st.integers(0, 5), st.data())
def test_files_of_which_no_recording_is_known_are_drawn_as_ever(names, seed, data):
    kept = st.dictionaries(st.sampled_from(sorted(names)), st.sampled_from(["train", "val", "test"]))
    taken = data.draw(kept) if names else {}
    order = sorted(names - set(taken), key=lambda name: hashlib.sha256(f"{seed}\ng\n{name}".encode()).hexdigest())
    room = {split: n - Counter(taken.values())[split] for split, n in held_out_sizes(len(names)).items()}
    expected = {}
    for name in order:
        expected[name] = next((split for split in ("test", "val") if room[split] > 0), "train")
        room["test"] -= expected[name] == "test"
        room["val"] -= expected[name] == "val"
    found = assign_splits(names, seed=seed, group="g", taken=taken)
    if "train" in {*expected.values(), *taken.values()}:  # which never stays empty now
        assert found == expected


recordings = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 9), min_size=3, max_size=9)


def sums_of(weights, most):
    """What any choice of one to `most` weights can come to."""
    return {sum(chosen) for n in range(1, most + 1) for chosen in combinations(weights, n)}


@given(recordings, st.integers(0, 5))
def test_sizes_come_as_near_as_any_choice_of_recordings_can(clips, seed):
    assigned = assign_splits(Counter(clips).elements(), seed=seed, group="g", taken={})
    assert set(assigned) == set(clips)
    assert set(assigned.values()) == {"train", "val", "test"}
    wanted = held_out_sizes(sum(clips.values()), len(clips))
    left = dict(clips)
    for split, spare in (("test", 2), ("val", 1)):
        found = {name: left.pop(name) for name in clips if assigned[name] == split}
        # Where many small ones would leave nothing for what comes later, fewer are taken.
        possible = sums_of([*found.values(), *left.values()], len(found) + len(left) - spare)
        nearest = min(abs(size - wanted[split]) for size in possible)
        if len(found) < len(found) + len(left) - spare:
            assert abs(sum(found.values()) - wanted[split]) == nearest


@given(recordings, st.integers(0, 5), st.data())
def test_recordings_that_have_their_place_keep_it_and_count(clips, seed, data):
    taken = data.draw(st.dictionaries(st.sampled_from(sorted(clips)), st.sampled_from(["train", "val", "test"])))
    assigned = assign_splits(Counter(clips).elements(), seed=seed, group="g", taken=taken)
    assert set(assigned) == set(clips) - set(taken)
    forward = assign_splits(sorted(Counter(clips).elements()), seed=seed, group="g", taken=taken)
    assert assigned == forward


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        ({"a": 40}, {"train": {"a"}}),
        ({"a": 40, "b": 5}, {"test": {"b"}, "train": {"a"}}),
        ({"a": 40, "b": 5, "c": 5}, {"test": {"b"}, "val": {"c"}, "train": {"a"}}),
        ({"a": 90, "b": 5, "c": 5}, {"test": {"b"}, "val": {"c"}, "train": {"a"}}),
    ],
)
def test_few_recordings_go_where_they_do_least_harm(clips, expected):
    assigned = assign_splits(Counter(clips).elements(), seed=0, group="g", taken={})
    sides = {}
    for name, split in assigned.items():
        sides.setdefault(split, set()).add(name)
    assert {split: len(names) for split, names in sides.items()} == {s: len(names) for s, names in expected.items()}
    assert sides["train"] == expected["train"]


def test_seed_and_group_decide():
    names = [str(n) for n in range(50)]

    def tested(seed, group):
        splits = assign_splits(names, seed=seed, group=group, taken={})
        return frozenset(name for name in names if splits[name] == "test")

    assert len({tested(seed, group) for seed in (0, 1) for group in ("A", "B")}) == 4
