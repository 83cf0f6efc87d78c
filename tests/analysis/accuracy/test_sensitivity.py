import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from analysis.accuracy import sensitivity
from analysis.accuracy.sensitivity import alternatives_d_prime, alternatives_share, matching_d_prime, matching_share
from analysis.errors import AnalysisError
from tests.analysis.golden import STATS


@pytest.mark.parametrize("share", ["0.250000", "0.583333", "0.750000", "0.791667", "0.916667", "0.800000"])
def test_four_alternatives_equal_golden(share):
    exact = {"0.583333": 7 / 12, "0.791667": 38 / 48, "0.916667": 11 / 12}.get(share, float(share))
    assert alternatives_d_prime(exact, 4) == pytest.approx(STATS[f"dprime.4AFC.pc{share}"], rel=1e-9, abs=1e-12)


def test_other_anchors_equal_golden():
    assert alternatives_d_prime(0.75, 2) == pytest.approx(STATS["dprime.2AFC.pc.75"], rel=1e-9)
    assert alternatives_d_prime(48.5 / 49, 4) == pytest.approx(
        STATS["dprime.4AFC.T3_loglinear((48+.5)/(48+1))"], rel=1e-9
    )
    assert alternatives_d_prime(12.5 / 13, 4) == pytest.approx(STATS["dprime.4AFC.12of12_loglinear"], rel=1e-9)


def test_no_evidence_is_chance():
    assert alternatives_share(0.0, 4) == pytest.approx(0.25)
    assert matching_share(0.0, 4) == pytest.approx(0.25, abs=0.002)


@pytest.mark.parametrize("d", ["0", "0.5", "1", "1.5", "2"])
def test_one_to_one_matching_agrees_with_golden_draws(d):
    golden = STATS["dprime.assign4.acc(d) MC200000 seed5"][d]
    # Hits of one board hang together: the standard error of 200,000 boards is that of at most 200,000 answers.
    se = (golden * (1 - golden) / 200_000) ** 0.5
    assert abs(matching_share(float(d), 4) - golden) < 3 * se


def test_matching_needs_less_evidence_than_one_clip_at_a_time():
    found = matching_d_prime(38 / 48, 4)
    assert found == pytest.approx(STATS["dprime.assign4.for_pc.791667(approx)"], abs=0.01)
    assert found < alternatives_d_prime(38 / 48, 4)


@pytest.mark.parametrize(
    "call", [lambda: alternatives_d_prime(1.0, 4), lambda: matching_d_prime(0.2, 4), lambda: matching_share(1.0, 19)]
)
def test_undefined_values_are_refused(call):
    with pytest.raises(AnalysisError):
        call()


def test_matching_share_rises_with_evidence():
    values = [matching_share(d, 3) for d in np.linspace(0, 4, 9)]
    assert values == sorted(values)


@pytest.mark.parametrize("d", [0.0, 1.5])
def test_the_searched_assignment_is_the_listed_one(d):
    # The same points either way; sums are kept in single precision, which may decide a tie of some boards otherwise.
    assert sensitivity._searched_share(d, 6) == pytest.approx(matching_share(d, 6), abs=2e-4)


def test_boards_of_eight_clips_agree_with_draws():
    rng = np.random.default_rng(8)
    boards = rng.normal(size=(4_000, 8, 8)) + 1.5 * np.eye(8)
    hits = [(linear_sum_assignment(board, maximize=True)[1] == np.arange(8)).sum() for board in boards]
    found = matching_share(1.5, 8)
    # Hits of one board hang together, so the error is that of boards.
    assert abs(np.mean(hits) / 8 - found) < 3 * np.std(hits) / 8 * (2 / 4_000) ** 0.5
    assert matching_d_prime(found, 8) == pytest.approx(1.5, abs=0.01)
    assert matching_share(0.0, 8) == pytest.approx(1 / 8, abs=0.01)
