import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.accuracy.categories import per_category
from analysis.accuracy.resampling import participant_interval, resampled_shares, share_interval
from analysis.accuracy.totals import overall
from tests.analysis.golden import STATS
from tests.analysis.tables import rows_of, table_2, table_3, table_4


def test_table_4_against_the_matching_law():
    whole = overall(table_4())
    assert (whole.correct, whole.total, whole.expected, whole.status) == (38, 48, 12.0, "ok")
    assert whole.p_value == pytest.approx(STATS["oneToOne.k4.N12.T4.x38.p_exact"], rel=1e-12)
    assert whole.mid_p == pytest.approx(STATS["oneToOne.k4.N12.T4.midp"], rel=1e-12)
    t4 = stats.ttest_1samp([1.0] * 7 + [0.5] * 5, 0).confidence_interval()
    assert (whole.interval.low, whole.interval.high) == pytest.approx((t4.low, t4.high))
    assert whole.interval.method == "t_participants"


def test_the_bootstrap_stays_in_the_library():
    found = participant_interval(np.array([4] * 7 + [2] * 5), np.full(12, 4))
    assert [found.low, found.high] == pytest.approx(STATS["T4.cluster.boot_exact_pct95"], rel=1e-12)
    assert found.se == pytest.approx(STATS["T4.cluster.boot_se_exact"], rel=1e-9)
    assert found.method == "participant_bootstrap_exact"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_interval_lies_in_0_to_1_around_the_share(people):
    asked = np.array([n for _, n in people])
    hits = np.minimum(asked, [x for x, _ in people])
    found = share_interval(hits, asked)
    assert 0 <= found.low <= hits.sum() / asked.sum() + 1e-12
    assert hits.sum() / asked.sum() - 1e-12 <= found.high <= 1
    assert found.low < found.high


def test_the_interval_of_unequal_numbers_leaves_people_out_one_by_one():
    hits, asked = np.array([1, 3, 4, 2, 0]), np.array([4, 4, 8, 3, 4])
    shares = [(10 - x) / (23 - n) for x, n in zip(hits, asked, strict=True)]
    se = (4 / 5 * sum((s - np.mean(shares)) ** 2 for s in shares)) ** 0.5
    found = share_interval(hits, asked)
    assert found.se == pytest.approx(se)
    assert found.high == pytest.approx(10 / 23 + stats.t.ppf(0.975, 4) * se)


def test_table_3_has_the_smallest_p_and_an_interval_over_participants():
    whole = overall(table_3())
    assert whole.p_value == STATS["oneToOne.k4.N12.T3.x48.p_exact"] == 1 / 24**12
    assert (whole.interval.low, whole.interval.high) == pytest.approx((0.7353515306029488, 1.0), rel=1e-9)
    assert (whole.status, whole.interval.method) == ("degenerate", "clopper_pearson_participants")
    assert "All 12 participants have the same share" in whole.reason


def test_table_2_beside_the_binomial_law():
    whole = overall(table_2())
    # With one board each the law of independent answers stands beside the test, which allows for favourite images.
    assert whole.p_random == pytest.approx(STATS["binomial.n48.T2.x36.p"], rel=1e-12)
    assert (whole.test, whole.expected) == ("exact renaming test", pytest.approx(12))
    assert whole.p_value is not None
    assert whole.p_value < 1e-9
    assert overall(rows_of([(0, 1, 2, 3)] * 4, blocks=2)).p_random is None


def test_seeded_resampling_agrees_with_the_exact_percentiles():
    shares = resampled_shares(np.array([4] * 7 + [2] * 5), np.full(12, 4))
    ends = np.quantile(shares, [0.025, 0.975], method="inverted_cdf")
    assert ends.tolist() == pytest.approx(STATS["T4.cluster.boot_mc_pct95(seed20261122,B200000)"])
    assert shares.std() == pytest.approx(STATS["T4.cluster.boot_se_exact"], rel=0.02)


def test_exact_bootstrap_equals_all_resamples_of_three_participants():
    hits = np.array([0, 1, 3])
    shares = np.sort([sum(pick) / 12 for pick in itertools.product(hits.tolist(), repeat=3)])
    found = participant_interval(hits, np.full(3, 4), confidence=0.8)
    expected = np.quantile(shares, [0.1, 0.9], method="inverted_cdf")
    assert [found.low, found.high] == pytest.approx(expected.tolist())


def test_unequal_numbers_of_answers_are_drawn_from_a_fixed_seed():
    hits, asked = np.array([1, 3, 4, 2, 0]), np.array([4, 4, 8, 3, 4])
    first, second = participant_interval(hits, asked), participant_interval(hits, asked)
    assert first == second
    assert first.method == "participant_bootstrap"
    assert first.low is not None
    assert first.high is not None
    assert 0 <= first.low <= 10 / 23 <= first.high <= 1


def test_equal_shares_of_unequal_numbers_have_no_spread():
    assert participant_interval(np.array([1, 2]), np.array([4, 8])).status == "degenerate"


def test_equal_scores_below_perfect_bound_the_share_from_both_sides():
    found = participant_interval(np.full(12, 2), np.full(12, 4))
    floor = 0.025 ** (1 / 12)
    assert (found.low, found.high) == pytest.approx((floor / 2, 1 - floor / 2), rel=1e-9)


def test_one_participant_has_a_p_but_hardly_an_interval():
    whole = overall(rows_of([(0, 1, 2, 3)]))
    assert whole.p_value == 1 / 24
    assert (whole.status, whole.interval.low) == ("too_small", pytest.approx(0.025))


def test_nobody_answered():
    whole = overall(rows_of([(None,) * 4]))
    assert (whole.p_value, whole.rate, whole.interval.low, whole.status) == (None, None, None, "too_small")
    assert all(row.status == "too_small" and row.p_value is None for row in per_category(rows_of([(None,) * 4])))


def test_two_categories_score_nothing_or_everything():
    whole = overall(rows_of([(0, 1), (1, 0), (0, 1)]))
    assert whole.p_value == 0.5
    assert whole.total == 6


def test_all_wrong():
    whole = overall(rows_of([(1, 0, 3, 2)] * 6))
    assert (whole.correct, whole.p_value, whole.interval.low) == (0, 1.0, 0.0)
    assert whole.interval.high == pytest.approx(1 - 0.025 ** (1 / 6))


def test_unequal_blocks_use_the_law_of_what_was_shown():
    frame = rows_of([(0, 1, 2, 3), (1, 0), (0, 2, 1)])
    frame["participant"] = ["p1"] * 4 + ["p2"] * 2 + ["p3"] * 3
    whole = overall(frame)
    four, two, three = (9, 8, 6, 0, 1), (1, 0, 1), (2, 3, 0, 1)
    ways = {a + b + c: 0 for a in range(5) for b in range(3) for c in range(4)}
    for a, b, c in itertools.product(range(5), range(3), range(4)):
        ways[a + b + c] += four[a] * two[b] * three[c]
    assert whole.correct == 5
    assert whole.p_value == pytest.approx(sum(n for total, n in ways.items() if total >= 5) / (24 * 2 * 6))


def test_missing_answers_leave_injections():
    whole = overall(rows_of([(0, None, None, None)] * 3))
    assert whole.p_value == pytest.approx(1 / 64)
    assert whole.total == 3
