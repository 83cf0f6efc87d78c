import numpy as np
import pytest
from scipy import stats

from analysis.accuracy.theta import ability_pmf
from analysis.chance import critical_total
from analysis.errors import AnalysisError
from analysis.power import exact
from analysis.power.exact import (
    Design,
    category_critical,
    category_mde,
    category_n,
    category_power,
    half_width,
    mde,
    participants_curve,
    power_curve,
    total_participants,
    total_power,
    trial_level_size,
    two_groups_power,
)
from tests.analysis.golden import STATS


@pytest.mark.parametrize("theta", ["0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.5"])
def test_power_of_all_matches_equals_golden(theta):
    assert total_power(float(theta), Design()) == pytest.approx(
        STATS["plan.total.oneToOne.k4.N12.power"][theta], rel=1e-9
    )


def test_smallest_theta_equals_golden():
    assert mde(Design()) == pytest.approx(STATS["plan.total.oneToOne.k4.N12.mde80_theta"], rel=1e-9)


@pytest.mark.parametrize("k", [3, 4, 5, 6, 8])
def test_more_images_beat_more_people_as_in_golden(k):
    assert total_participants(0.2, Design(k=k))[0] == STATS[f"plan.total.oneToOne.k{k}.theta.2.minN80"]


@pytest.mark.parametrize("share", ["0.4", "0.5", "0.6", "0.75"])
def test_numbers_for_a_category_equal_golden(share):
    golden = STATS[f"plan.percat.p1={share}.power80.alpha05"]
    assert category_n(float(share), chance=0.25, alpha=0.05) == (golden["first_n"], golden["safe_n"])
    assert category_n(float(share), chance=0.25, alpha=0.0125)[1] == golden["safe_n_bonf4"]


def test_safe_numbers_hold_for_every_larger_one():
    first, safe = category_n(0.5, chance=0.25, alpha=0.05)
    assert first is not None
    assert safe is not None
    values = {n: category_power(0.5, n, chance=0.25, alpha=0.05) for n in range(1, 400)}
    assert min(n for n, p in values.items() if p >= 0.8) == first
    assert max(n for n, p in values.items() if p < 0.8) + 1 == safe


def test_smallest_share_and_critical_counts_equal_golden():
    assert category_mde(12, chance=0.25, alpha=0.05) == pytest.approx(STATS["plan.percat.N12.mde80.alpha05"], rel=1e-9)
    assert category_mde(12, chance=0.25, alpha=0.0125) == pytest.approx(
        STATS["plan.percat.N12.mde80.alpha0125"], rel=1e-9
    )
    golden = STATS["crit.percat.N12.p.25"]
    found = {name: category_critical(12, 0.25, alpha) for name, alpha in zip(golden, (0.05, 0.0125, 0.01), strict=True)}
    assert found == golden


def test_power_of_two_groups_equals_golden():
    for n, value in STATS["plan.two_models.fisher.power(.9v.6)"].items():
        assert two_groups_power(0.9, 0.6, int(n)) == pytest.approx(value, rel=1e-9)
    for n, value in STATS["plan.two_models.fisher.power(.79v.75)N"].items():
        assert two_groups_power(0.79, 0.75, int(n)) == pytest.approx(value, rel=1e-9)
    assert two_groups_power(0.9, 0.6, 12) == pytest.approx(STATS["plan.two_models.fisher.N12.power(.9v.6)"], rel=1e-9)
    # The golden value takes .999999 for a share of one.
    assert two_groups_power(0.999999, 7 / 12, 12) == pytest.approx(
        STATS["plan.two_models.fisher.N12.power(1.0v.583)"], rel=1e-9
    )


def test_fisher_table_equals_scipy():
    for x, y in [(0, 5), (12, 7), (3, 3), (12, 12), (1, 0)]:
        expected = stats.fisher_exact([[x, 12 - x], [y, 12 - y]]).pvalue
        assert exact._fisher_table(12)[x, y] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", ["12", "24", "48", "96", "200"])
def test_half_widths_equal_golden(n):
    assert half_width(0.75, int(n)) == pytest.approx(STATS["plan.wilson_halfwidth.p.75"][n], rel=1e-9)


@pytest.mark.parametrize(("design", "seed"), [("one_to_one", 1), ("free", 2)])
def test_power_equals_simulation(design, seed):
    rng = np.random.default_rng(seed)
    plan = Design(k=3, participants=6, trials=2, design=design)
    theta, draws = 0.35, 4_000
    known = rng.random((draws, 12, 3)) < theta
    if design == "one_to_one":
        order = np.argsort(np.where(known, 2.0, rng.random(known.shape)), axis=2)
        # Unknown clips, in random order, take the places of the unknown clips in their own order.
        places = np.argsort(np.where(known, 2.0, np.arange(3) / 10), axis=2)
        hit = known.copy()
        np.put_along_axis(hit, order, np.take_along_axis(known, order, 2) | (order == places), 2)
    else:
        hit = known | (rng.random(known.shape) < 1 / 3)
    totals = hit.sum(axis=(1, 2))
    share = (totals >= critical_total([(3, 3)] * 12, 0.05, design=design)).mean()
    expected = total_power(theta, plan)
    assert abs(share - expected) < 3 * (expected * (1 - expected) / draws) ** 0.5


def test_true_size_of_tests_on_single_answers():
    theta = STATS["gmd.T4.theta_mle"]
    assert trial_level_size(theta, Design()) == pytest.approx(0.118, abs=0.002)
    assert trial_level_size(theta, Design(), test="chi_squared") == pytest.approx(0.178, abs=0.009)
    assert trial_level_size(0.5, Design(design="free")) < 0.05


def test_size_on_single_answers_equals_the_double_sum():
    plan = Design(k=3, participants=4)
    pmf = np.ones(1)
    for _ in range(4):
        pmf = np.convolve(pmf, ability_pmf(0.4, 3, 3))
    expected = sum(
        pmf[x] * pmf[y]
        for x in range(13)
        for y in range(13)
        if stats.fisher_exact([[x, 12 - x], [y, 12 - y]]).pvalue <= 0.05
    )
    assert trial_level_size(0.4, plan) == pytest.approx(expected)


def test_curves_rise_from_the_size_of_the_test():
    plan = Design(participants=8)
    curve = power_curve(plan)
    assert curve[0][1] <= 0.05
    assert [p for _, p in curve] == sorted(p for _, p in curve)
    people, exact = participants_curve(0.2, plan, most=5)[-1]
    assert people == 5
    assert exact == pytest.approx(total_power(0.2, Design(participants=5)), rel=1e-13)


def test_out_of_reach_is_none():
    assert mde(Design(k=2, participants=1)) is None
    assert category_mde(1, chance=0.25, alpha=0.05) is None
    assert category_n(0.26, chance=0.25, alpha=0.0001) == (None, None)
    document = exact.plan(Design(k=2, participants=2))
    assert document["total"]["critical_total"] is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Design(k=1), "k must lie between 2 and 18, not 1"),
        (lambda: Design(participants=0), "participants must lie"),
        (lambda: Design(alpha=1.2), "alpha must lie between 0 and 1"),
        (lambda: Design(design="pairs"), "Unknown design"),
        (lambda: exact.plan(Design(), theta=1.4), "theta must lie"),
    ],
)
def test_impossible_plans_are_refused(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()
