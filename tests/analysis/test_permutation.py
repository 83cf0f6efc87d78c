import numpy as np
import pytest

from analysis import permutation
from analysis.permutation import count_draws, seeded_p


def test_large_studies_get_fewer_draws_and_never_too_few():
    assert [count_draws(n) for n in (0, 10, 4_000, 10**9)] == [9_999, 9_999, 5_000, 999]
    assert count_draws(10**9, fewest=199) == 199
    assert count_draws(4_000, most_values=10_000_000) == 2_500


def test_p_counts_the_observed_arrangement_as_one_of_the_draws():
    assert seeded_p(lambda rng, draws: np.zeros(draws, dtype=bool), values=1, seed=0) == 1 / 10_000
    assert seeded_p(lambda rng, draws: np.ones(draws, dtype=bool), values=1, seed=0) == 1.0


def test_pieces_give_every_draw_once_and_in_the_order_of_the_seed(monkeypatch):
    seen = []

    def is_extreme(rng, draws):
        seen.append(draws)
        return rng.random((draws, 2)) < 0.25

    whole = seeded_p(is_extreme, values=1, seed=3)
    assert (whole.shape, seen) == ((2,), [9_999])
    assert whole == pytest.approx(0.25, abs=0.02)
    monkeypatch.setattr(permutation, "CHUNK", 4_000)
    seen.clear()
    assert seeded_p(is_extreme, values=1, seed=3).tolist() == whole.tolist()
    assert seen == [4_000, 4_000, 1_999]
    seen.clear()
    seeded_p(is_extreme, values=1, held=4_000, seed=3, most_values=3, fewest=2)
    assert seen == [1, 1, 1]
