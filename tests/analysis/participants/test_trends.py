import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.participants.trends import cochran_armitage, permuted_trend, position_use, trend
from tests.analysis.golden import STATS


def test_trend_equals_golden():
    found = cochran_armitage(np.array([6, 7, 9, 10]), np.full(4, 12))
    assert found == pytest.approx(tuple(STATS["trend.cochran_armitage.6_7_9_10_of12"]), rel=1e-9)
    assert found is not None
    assert found[0] ** 2 == pytest.approx(STATS["trend.cochran_armitage.z2=n*r2"], rel=1e-9)


def test_trend_of_rows_is_n_times_squared_correlation():
    position, hit = np.array([1, 1, 2, 2, 3, 3, 3]), np.array([0, 0, 1, 0, 1, 1, 1])
    found = trend(position, hit)
    r = stats.pearsonr(position, hit).statistic
    assert found.z is not None
    assert found.z**2 == pytest.approx(7 * r**2)
    assert (found.position, found.correct, found.n) == ([1, 2, 3], [0, 1, 3], [2, 2, 3])


def test_where_there_is_no_trend_to_see_it_is_said():
    assert trend(np.array([], dtype=int), np.array([])).status == "too_small"
    assert trend(np.ones(3, dtype=int), np.ones(3)).status == "not_applicable"
    assert trend(np.array([1, 2]), np.array([1, 1])).status == "degenerate"


def test_positions_are_tested_where_people_could_choose():
    found = position_use(np.array([1, 1, 1, 2, 3, 1]), 4, forced=False)
    assert found.chosen == [4, 1, 1, 0]
    assert found.chi2 == pytest.approx(stats.chisquare([4, 1, 1, 0]).statistic)
    # Each of six answers its own: all 4^6 ways to place them.
    squares = [sum(way.count(i) ** 2 for i in range(4)) for way in itertools.product(range(4), repeat=6)]
    assert found.p_value == pytest.approx(np.mean(np.array(squares) >= 18), abs=0.02)
    one = position_use(np.array([1, 1, 1, 2, 3, 1]), 4, forced=False, participant=np.array(["a"] * 6))
    assert (one.chi2, one.p_value) == (found.chi2, 1.0)
    assert position_use(np.array([1, 2]), 2, forced=True).status == "not_applicable"
    assert position_use(np.array([]), 4, forced=False).status == "too_small"


def test_permuted_trend_equals_all_permutations_of_every_owner():
    """Three participants of unequal skill with three boards each: 6^3 ways to deal their scores out."""
    scores = np.array([[0, 1, 3], [2, 2, 4], [1, 0, 1]])
    totals = [
        sum(float(np.dot([1, 2, 3], way)) for way in ways)
        for ways in itertools.product(*(itertools.permutations(row) for row in scores.tolist()))
    ]
    observed = float((scores @ [1, 2, 3]).sum())
    centre, spread = np.mean(totals), np.std(totals)
    exact = np.mean(np.abs(np.array(totals) - centre) >= abs(observed - centre) - 1e-9)
    found = trend(*rows_of_scores(scores))
    assert found.method.startswith("seeded permutation within participants or boards, 9,999 draws")
    assert found.z == pytest.approx((observed - centre) / spread)
    assert found.p_value == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 9_999) ** 0.5)
    assert (found.correct, found.n) == ([3, 3, 8], [12, 12, 12])


def rows_of_scores(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, hit and owner of boards of four answers with these numbers of right ones, (people, boards)."""
    people, boards = scores.shape
    hit = np.arange(4)[None, None] < scores[:, :, None]
    return (
        np.tile(np.repeat(np.arange(1, boards + 1), 4), people),
        hit.ravel(),
        np.repeat(np.arange(people), 4 * boards),
    )


def test_people_who_stay_longer_and_know_more_are_no_trend():
    """Ten people with nothing right answer one board, ten with everything right answer three: nobody improves."""
    position = np.array([1] * 10 + [1, 2, 3] * 10)
    owner = np.concatenate([np.arange(10), np.repeat(np.arange(10, 20), 3)])
    hit = (owner >= 10).astype(int)
    naive = trend(position, hit)
    assert naive.p_value is not None
    assert naive.p_value < 0.01
    assert trend(position, hit, owner).status == "degenerate"


def test_boards_with_missing_answers_are_weighed_by_the_owners_share():
    """One participant, two boards of 4 and 2 answers, half right in each: no trend whatever the counts."""
    position = np.array([1, 1, 1, 1, 2, 2])
    hit = np.array([1, 1, 0, 0, 1, 0])
    assert permuted_trend(position, hit, np.zeros(6, dtype=int)) is None
    found = permuted_trend(position, np.array([1, 1, 0, 0, 1, 1]), np.zeros(6, dtype=int))
    assert found is not None
    assert found[0] == pytest.approx(1.0)
    assert found[1] == 1.0


def test_large_studies_take_fewer_permutations(monkeypatch):
    scores = np.random.default_rng(1).integers(0, 5, (30, 4))
    usual = trend(*rows_of_scores(scores))
    monkeypatch.setattr("analysis.permutation.PERMUTED_VALUES", 1)
    fewer = trend(*rows_of_scores(scores))
    assert usual.p_value is not None
    assert fewer.p_value is not None
    assert fewer.p_value * 1_000 == pytest.approx(round(fewer.p_value * 1_000))
    assert fewer.p_value == pytest.approx(usual.p_value, abs=0.07)
