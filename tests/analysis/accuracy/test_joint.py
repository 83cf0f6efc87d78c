import itertools
from collections import Counter

import numpy as np
import pytest

from analysis.accuracy.categories import per_category
from analysis.accuracy.joint import _draw_hits, exceedance, hit_patterns, westfall_young
from analysis.reading.answers import BoardLayout
from tests.analysis.golden import STATS
from tests.analysis.tables import rows_of, table_2, table_4

FOUR_BY_FOUR = BoardLayout((0, 1, 2, 3), (0, 1, 2, 3), 4)


@pytest.mark.parametrize("x", [6, 7, 8, 9, 12])
def test_chance_of_some_category_equals_golden(x):
    kinds = [(FOUR_BY_FOUR, 12)]
    assert exceedance(kinds, [x] * 4) == pytest.approx(STATS["joint.oneToOne.P_max_ge"][str(x)], rel=1e-9)
    assert exceedance(kinds, [x] * 4, design="free") == pytest.approx(
        STATS["joint.free.P_max_ge(indep)"][str(x)], rel=1e-9
    )


def test_table_4_single_step_equals_golden():
    found = westfall_young(table_4())
    assert found.p_values == pytest.approx(STATS["T4.percat.p_westfall_young_single_step"], rel=1e-9)
    assert found.method == "exact"


def test_hit_patterns_equal_enumeration():
    n, m = 3, 4
    found = Counter(sum(i == j for i, j in enumerate(way)) for way in itertools.permutations(range(m), n))
    sets = [1, 3, 3, 1]
    assert hit_patterns(n, m) == pytest.approx([found[s] / 24 / sets[s] for s in range(4)])


def test_mixed_boards_equal_enumeration():
    kinds = [(FOUR_BY_FOUR, 1), (BoardLayout((1, 3), (1, 3), 2), 2)]
    limits = [1, 2, 1, 3]
    total = hits = 0
    for a, b, c in itertools.product(
        itertools.permutations(range(4)), itertools.permutations([1, 3]), itertools.permutations([1, 3])
    ):
        counts = np.array([i == j for i, j in enumerate(a)], dtype=int)
        for pair in (b, c):
            counts[[1, 3]] += [pair[0] == 1, pair[1] == 3]
        total += 1
        hits += bool((counts >= limits).any())
    assert exceedance(kinds, limits) == pytest.approx(hits / total)


def test_draws_agree_with_the_exact_chance(monkeypatch):
    frame = rows_of([(0, 1, 2, 3)] * 4 + [(1, 0, 2, 3)] * 2 + [(1, 2, 3, 0)] * 6)
    exact = westfall_young(frame)
    monkeypatch.setattr("analysis.accuracy.joint.EXACT_WORK", 0)
    drawn = westfall_young(frame)
    assert exact.method == "exact"
    assert drawn.method == "seeded draws, 100,000 draws: p is never below 1/100,001"
    assert drawn.p_values == pytest.approx(exact.p_values, abs=0.006)
    assert drawn.p_values == westfall_young(frame).p_values


@pytest.mark.parametrize("times", [3, 40])
def test_draws_by_board_and_by_pattern_have_the_same_law(times):
    chances = hit_patterns(3, 3)[[0, 1, 1, 1, 3]]  # none, one of three, or all right
    member = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], dtype=float)
    found = _draw_hits(np.random.default_rng(1), chances, member, times, 20_000)
    expected = times * chances @ member
    pairs = times * (member.T * chances) @ member - np.outer(expected, expected) / times
    errors = np.sqrt(np.diag(pairs) / 20_000)
    assert chances.sum() == pytest.approx(1)
    np.testing.assert_array_less(np.abs(found.mean(axis=0) - expected), 5 * errors)
    np.testing.assert_allclose(np.cov(found.T), pairs, atol=0.05 * pairs.max())


def test_large_studies_are_drawn_and_small_chances_bounded():
    found = westfall_young(rows_of([(0, 1, 2, 3)] * 60))
    assert "an upper bound" in found.method
    assert all(p is not None and p < 1e-30 for p in found.p_values)


def test_joint_p_lies_between_raw_and_bonferroni():
    found = westfall_young(table_2())
    raw = [row.p_value for row in per_category(table_2())]
    for p, single in zip(found.p_values, raw, strict=True):
        assert p is not None
        assert single is not None
        # Drawn: no p lies below 1 in the number of draws.
        assert single <= p <= 4 * single + 2 / 10_000


def test_boards_of_one_person_are_renamed_together():
    """Two people of two boards each: all 36 pairs of renamings, counted one by one."""
    boards = [(0, 1, 2), (0, 2, 1), (0, 1, 2), (1, 0, 2)]
    found = westfall_young(rows_of(boards, "ABC", blocks=2))
    ways = list(itertools.permutations(range(3)))
    totals = np.array([
        sum(np.array([[way[h] == c == name for name in range(3)] for h, c in enumerate(board)]).sum(axis=0)
            for person, way in enumerate(pick) for board in boards[2 * person : 2 * person + 2])
        for pick in itertools.product(ways, repeat=2)
    ])  # fmt: skip
    single = np.array([[(totals[:, c] >= x).mean() for c in range(3)] for x in range(5)])
    least = np.array([[single[n, c] for c, n in enumerate(row)] for row in totals]).min(axis=1)
    observed = [single[n, c] for c, n in enumerate(np.array([3, 2, 3]))]
    exact = [(least <= p + 1e-9).mean() for p in observed]
    assert found.method.startswith("seeded draws, 9,999 draws")
    assert found.p_values == pytest.approx(exact, abs=0.02)


def test_big_boards_get_the_sum_over_categories_as_a_bound():
    names = tuple(f"c{i}" for i in range(14))
    answers = [tuple(range(14)), (1, 0, *range(2, 14))]
    found = westfall_young(rows_of(answers, names))
    assert found.method.startswith("upper bound")
    assert found.p_values[5] == pytest.approx(min(1.0, 14 * (1 / 14) ** 2))


@pytest.mark.parametrize("frame", [rows_of([(0,)]), rows_of([(None,) * 4]), rows_of([(1,)], n_options=4)])
def test_without_several_categories_there_is_nothing_joint(frame):
    found = westfall_young(frame)
    assert found.status == "not_applicable" or len(found.p_values) > 1
    assert found.status == "ok" or all(p is None for p in found.p_values)
