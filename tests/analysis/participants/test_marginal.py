import numpy as np
import pytest

from analysis.participants.marginal import adjusted_for_order, gee
from tests.analysis.golden import STATS
from tests.analysis.participants.test_spread import T4


def test_gee_equals_golden():
    robust = gee(T4.hit, T4.participant, few=0)
    assert robust.params[0] == pytest.approx(STATS["T4.gee_exch.intercept"], rel=1e-5)
    assert robust.se[0] == pytest.approx(STATS["T4.gee_exch.se_robust"], rel=1e-5)
    assert robust.correlation == pytest.approx(STATS["T4.gee_exch.corr"], rel=1e-5)
    assert [robust.share_low, robust.share_high] == pytest.approx(STATS["T4.gee_exch.acc95_logit"], rel=1e-5)
    few = gee(T4.hit, T4.participant)
    assert few.covariance == "bias_reduced"
    assert few.se[0] == pytest.approx(STATS["T4.gee_exch.se_bias_reduced(MancldeRouen)"], rel=1e-5)


def test_gee_says_when_there_is_nothing_to_fit():
    assert gee(np.ones(8, dtype=bool), np.repeat([0, 1], 4)).status == "degenerate"
    assert gee(np.array([1, 0, 1, 0]), np.zeros(4, dtype=int)).status == "too_small"


def paired_rows(right: list[list[int]], first: list[list[int]]) -> tuple[np.ndarray, ...]:
    """hit, arm, trial, participant of people with two boards of four; `first[p][b]` = 1 where board b is of arm a."""
    hit = np.arange(4) < np.array(right)[:, :, None]
    people = len(right)
    trial = np.tile(np.repeat([1, 2], 4), people)
    return hit.ravel().astype(int), np.repeat(np.array(first).ravel(), 4), trial, np.repeat(np.arange(people), 8)


def test_order_adjusted_effect_is_the_log_odds_ratio_where_order_is_balanced():
    found = adjusted_for_order(*paired_rows([[4, 2], [2, 3], [3, 1], [1, 3], [4, 1], [2, 4]], [[1, 0], [0, 1]] * 3))
    assert found is not None
    assert found.log_odds_ratio == pytest.approx(np.log(21 / 3) - np.log(9 / 15), rel=0.05)
    assert found.covariance == "bias_reduced"
    assert 0 < found.p_value < 0.05


@pytest.mark.parametrize(
    "rows",
    [
        # Only the second person sees arm a first, and decides a coefficient alone: the reduced covariance is singular.
        paired_rows([[4, 4], [4, 4], [4, 4], [0, 1]], [[0, 1], [1, 0], [0, 1], [0, 1]]),
        # Everyone sees arm a first: order and arm cannot be told apart.
        paired_rows([[4, 2], [2, 3], [3, 1], [1, 3]], [[1, 0]] * 4),
        paired_rows([[4, 2], [2, 3], [3, 1]], [[1, 0], [0, 1], [1, 0]]),
        # One arm has every answer right, or all but one person's: the odds ratio is infinite, or next to it.
        paired_rows([[4, 2], [3, 4], [4, 1], [3, 4]], [[1, 0], [0, 1], [1, 0], [0, 1]]),
        paired_rows([[4, 4], [4, 4], [4, 4], [4, 1]], [[0, 1], [1, 0], [0, 1], [1, 0]]),
        paired_rows([[4, 0], [4, 0], [4, 0], [4, 1], [4, 0]], [[0, 1], [1, 0], [0, 1], [1, 0], [0, 1]]),
    ],
)
def test_order_that_cannot_be_told_from_the_arm_gives_nothing(rows):
    assert adjusted_for_order(*rows) is None
