"""Laws of long sums against the exact law, against full convolutions, and at their edges."""

from itertools import islice

import numpy as np
import pytest

from analysis.accuracy.theta import ability_pmf
from analysis.chance import matching_law
from analysis.power.exact import Design, growing_powers, total_participants, total_pmf, total_power
from analysis.power.truncated_laws import NOTHING, TruncatedLaw, growing_laws, law_of_sum

BOARD = ability_pmf(0.0, 4, 4)


def test_a_short_sum_is_the_exact_law():
    law, hill = matching_law([(4, 4)] * 12), law_of_sum(BOARD, 12)
    assert hill.first == 0
    assert hill.pmf == pytest.approx(law.pmf, rel=1e-12)
    assert [hill.sf(x) for x in (-1, 0, 19, 38, 48)] == pytest.approx([law.sf(x) for x in (-1, 0, 19, 38, 48)])
    assert hill.sf(49) == 0.0


@pytest.mark.parametrize(("k", "m", "blocks", "design"), [(4, 4, 900, "one_to_one"), (3, 5, 700, "free")])
def test_a_long_sum_keeps_what_has_weight(k, m, blocks, design):
    law = matching_law([(k, m)] * blocks, design=design)
    hill = law_of_sum(ability_pmf(0.0, k, m, design=design), blocks)
    assert hill.first > 0
    assert len(hill.pmf) < len(law.pmf) / 2
    middle = slice(hill.first, hill.first + len(hill.pmf))
    assert hill.pmf == pytest.approx(law.pmf[middle], rel=1e-11, abs=1e-27)
    assert 1 - hill.pmf.sum() < 1e-12
    for alpha in (0.05, 0.01, 1e-6):
        assert hill.critical(alpha) == law.critical(alpha)


def test_growing_sums_are_those_made_at_once():
    step = law_of_sum(BOARD, 3)
    for n, hill in enumerate(islice(growing_laws(step), 40), start=1):
        at_once = law_of_sum(BOARD, 3 * n)
        totals = range(0, 12 * n + 1)
        assert [hill.sf(x) for x in totals] == pytest.approx([at_once.sf(x) for x in totals], rel=1e-11, abs=1e-27)


def test_a_tail_that_equals_alpha_is_left_to_exact_numbers():
    coin = law_of_sum(np.array([0.5, 0.5]), 2)
    assert coin.critical(0.25) is None
    assert coin.critical(0.26) == 2
    assert coin.critical(0.24) == 3
    assert coin.critical(1e-20) is None
    # Two fair coins are two boards of one clip and two images: both heads has chance 1/4, which is significant at .25.
    assert matching_law([(1, 2)] * 2).critical(0.25) == 2


def test_nothing_is_the_neutral_element():
    hill = law_of_sum(BOARD, 0)
    assert (hill.first, hill.pmf.tolist()) == (NOTHING.first, NOTHING.pmf.tolist())
    assert TruncatedLaw(2, np.array([0.5, 0.5])).plus(NOTHING).first == 2


@pytest.mark.parametrize("design", ["one_to_one", "free"])
@pytest.mark.parametrize("trials", [1, 3])
def test_powers_one_after_the_other_are_those_of_the_full_laws(design, trials):
    plan = Design(k=4, images=4, trials=trials, design=design)
    for n, value in enumerate(islice(growing_powers(0.15, plan), 30), start=1):
        blocks = n * trials
        critical = matching_law([(4, 4)] * blocks, design=design).critical(0.05)
        expected = total_pmf(0.15, 4, blocks, design=design)[critical:].sum()
        assert value == pytest.approx(expected, rel=1e-10, abs=1e-15)


def test_numbers_of_participants_equal_a_search_over_full_laws():
    plan = Design(k=4, design="free")
    powers = []
    for n in range(1, 140):
        critical = matching_law([(4, 4)] * n, design="free").critical(0.05)
        powers.append(total_pmf(0.2, 4, n, design="free")[critical:].sum())
    reached = [n for n, power in enumerate(powers, start=1) if power >= 0.8]
    missed = [n for n, power in enumerate(powers, start=1) if power < 0.8]
    assert total_participants(0.2, plan) == (reached[0], missed[-1] + 1)


def test_power_beyond_rounding_is_one():
    plan = Design(participants=1_000, trials=5)
    assert total_power(0.3, plan) == 1.0
    assert total_power(0.0, plan) == pytest.approx(0.0487, abs=5e-5)
