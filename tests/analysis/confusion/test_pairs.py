import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from analysis.chance import convolve
from analysis.confusion.pairs import (
    EXACT,
    PERMUTED,
    RENAMED,
    pair_counts,
    pair_tests,
    permuted_p,
    unconditional_pair_counts,
)
from tests.analysis.golden import STATS
from tests.analysis.tables import FOUR, rows_of, table_2, table_3, table_4


def test_table_4_has_one_confused_pair():
    pairs = pair_tests(table_4())
    found = {f"{pair.a}|{pair.b}": pair for pair in pairs}
    swap = found["Electronic music|Heavy metal"]
    assert (swap.errors, swap.a_as_b, swap.b_as_a) == (STATS["T4.pair.Electronic-Heavy.n"], 5, 5)
    assert swap.p_value == pytest.approx(STATS["T4.pair.EH.p_given_error_counts"], rel=1e-12)
    assert swap.p_holm == pytest.approx(STATS["T4.pair.any.p_given_error_counts"], rel=1e-12)
    assert [pair.p_value for pair in pairs if pair is not swap] == [1.0] * 5


def test_table_2_pairs_given_the_errors_equal_golden():
    found = {f"{pair.a}-{pair.b}": pair for pair in pair_tests(table_2(), by_person=False)}
    assert {key: pair.p_value for key, pair in found.items()} == pytest.approx(
        STATS["T2.pairs.p_given_errors"], rel=1e-9
    )
    assert {key: pair.p_holm for key, pair in found.items()} == pytest.approx(
        STATS["T2.pairs.p_given_errors.holm"], rel=1e-9
    )
    assert found["Sky-Water"].p_value == pytest.approx(STATS["T2.pair.Sky-Water.p_given_errors"], rel=1e-9)


def test_unconditional_law_equals_golden():
    law = convolve([(unconditional_pair_counts(4), 12)])
    for x, p in STATS["pair.oneToOne.k4.N12.sf_ge"].items():
        assert law.sf(int(x)) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("k", range(2, 7))
def test_pair_counts_equal_enumeration(k):
    conditional: dict[int, Counter[int]] = {e: Counter() for e in range(k + 1)}
    for p in itertools.permutations(range(k)):
        errors = sum(i != j for i, j in enumerate(p))
        conditional[errors][(p[0] == 1) + (p[1] == 0)] += 1
    for errors, counts in conditional.items():
        assert pair_counts(k, errors) == tuple(counts[m] for m in range(3))
    found = [sum(counts[m] for counts in conditional.values()) for m in range(3)]
    shares = [n / sum(unconditional_pair_counts(k)) for n in unconditional_pair_counts(k)]
    assert shares == pytest.approx([n / sum(found) for n in found])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table_3(), "No errors were made"),
        (rows_of([(1, 0)]), "With two categories"),
        (rows_of([(0,)]), "One category"),
        (
            rows_of([(1, 0, *range(2, 9)), tuple(range(9))], [f"c{i}" for i in range(9)], design="free"),
            "here there are 9",
        ),
        (rows_of([(1,), (2,)], n_options=4), "none can be exchanged"),
    ],
)
def test_where_pairs_have_no_law_it_is_said(frame, words):
    pairs = pair_tests(frame)
    assert all(pair.status == "not_applicable" and words in pair.reason and pair.p_value is None for pair in pairs)
    assert len(FOUR) == 4


def test_boards_without_a_pair_do_not_count_for_it():
    frame = rows_of([(0, 2, 1), (0, 2, 1)])
    more = rows_of([(1, 0, 2)], [FOUR[3], FOUR[1], FOUR[2]], arm="a").assign(participant="other")
    pairs = {(p.a, p.b): p for p in pair_tests(pd.concat([frame, more], ignore_index=True))}
    # Given two errors among three clips, each of the three pairs is equally likely.
    assert pairs[(FOUR[1], FOUR[2])].p_value == pytest.approx(1 - (2 / 3) ** 3 - 3 * (1 / 3) * (2 / 3) ** 2)
    assert pairs[(FOUR[0], FOUR[3])].errors == 0
    assert pairs[(FOUR[0], FOUR[3])].p_value == 1.0


def test_several_boards_permute_the_names_within_participants():
    """Three people with three errors each: all 6^3 ways to rename their categories."""
    errors = np.zeros((3, 3, 3), dtype=int)
    for person, pairs in enumerate([[(0, 1), (0, 1), (1, 2)], [(0, 1), (0, 1), (0, 1)], [(0, 2), (0, 1), (0, 1)]]):
        for i, j in pairs:
            errors[person, i, j] += 1
            errors[person, j, i] += 1
    observed = errors.sum(axis=0)
    ways = list(itertools.product(itertools.permutations(range(3)), repeat=3))
    for place, (i, j) in enumerate(itertools.combinations(range(3), 2)):
        totals = [sum(errors[p, way[i], way[j]] for p, way in enumerate(names)) for names in ways]
        exact = np.mean(np.array(totals) >= observed[i, j])
        found = permuted_p(errors)[place]
        assert found == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 9_999) ** 0.5 + 1e-4)


def test_a_pair_that_one_person_keeps_confusing_is_no_pair_of_all():
    """One of five people swaps the same two on each of eight boards."""
    boards = [(1, 0, 2, 3)] * 8 + [(0, 1, 2, 3)] * 32
    people = {pair.errors: pair for pair in pair_tests(rows_of(boards, blocks=8))}
    alone = {pair.errors: pair for pair in pair_tests(rows_of(boards))}
    assert (people[16].method, alone[16].method) == (PERMUTED, EXACT)
    assert alone[16].p_value == pytest.approx((1 / 6) ** 8)
    assert people[16].p_value == pytest.approx(1 / 6, abs=0.02)
    assert people[16].expected == alone[16].expected


def test_boards_that_show_other_categories_exchange_what_stood_together():
    """B and C stood on both boards, A and D on one each: only B and C can change names, and their pair stays one."""
    rows = rows_of([(1, 0, 2), (0, 1, 2)], "ABC", blocks=2)
    rows.loc[3:, ["clip_category", "chosen_category"]] = [["D", "D"], ["B", "C"], ["C", "B"]]
    pairs = {pair.a + pair.b: pair for pair in pair_tests(rows)}
    assert {pair.method for pair in pairs.values()} == {PERMUTED}
    assert (pairs["BC"].p_value, pairs["BC"].expected) == (1.0, 2.0)
    assert (pairs["AB"].errors, pairs["AB"].expected) == (2, 1.0)
    assert pairs["AB"].p_value == pytest.approx(1 / 2, abs=0.02)


def given_right(frame, wanted):
    """Counter of errors on the pair `wanted` over all renamings that keep everybody's number right; literal loops."""
    found = Counter({0: 1.0})
    for _, rows in frame.groupby("participant", sort=False):
        told = list(zip(rows["clip_category"], rows["chosen_category"], strict=True))
        names = sorted(set(rows["clip_category"]))
        values = []
        for way in itertools.permutations(names):
            call = dict(zip(names, way, strict=True))
            if sum(call[h] == c for h, c in told) == sum(h == c for h, c in told):
                values.append(sum({call[h], c} == wanted for h, c in told))
        following: Counter[int] = Counter()
        for (x, p), y in itertools.product(found.items(), values):
            following[x + y] += p / len(values)
        found = following
    return found


@pytest.mark.parametrize(
    "frame",
    [
        rows_of([(1, 0, 0), (0, 2, 2), (1, 0, 2), (0, 0, 1)], "ABC", design="free", blocks=2),
        rows_of([(1, 0, 3), (0, 2, 1), (1, 0, 2)], "ABCD", n_options=5),
    ],
    ids=["free", "foils"],
)
def test_pairs_by_renaming_equal_enumeration(frame):
    pairs = [pair for pair in pair_tests(frame) if pair.status == "ok"]
    assert {pair.method for pair in pairs} == {RENAMED}
    assert len(pairs) == 3
    for pair in pairs:
        ways = given_right(frame, {pair.a, pair.b})
        assert pair.p_value == pytest.approx(sum(p for x, p in ways.items() if x >= pair.errors))
        assert pair.expected == pytest.approx(sum(p * x for x, p in ways.items()))


def test_what_is_never_heard_is_in_no_pair():
    pairs = {pair.a + pair.b: pair for pair in pair_tests(rows_of([(1, 0, 3), (0, 2, 1)], "ABCD", n_options=5))}
    assert pairs["AD"].reason == "D: never heard, so nothing shows whether it would be taken for another."
    assert (pairs["AD"].p_value, pairs["AB"].status) == (None, "ok")


def test_a_favourite_image_makes_no_pair():
    """Half of all free choices are the first image: before, its pairs stood out with p below 1e-3."""
    answers = [(0, 0, 0, 3), (0, 0, 2, 0), (0, 1, 0, 0), (0, 0, 0, 0)] * 8
    assert min(pair.p_holm for pair in pair_tests(rows_of(answers, design="free"), by_person=False)) < 1e-3
    assert [pair.p_holm for pair in pair_tests(rows_of(answers, design="free"))] == [1.0] * 6
