import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from analysis.accuracy import share_interval
from analysis.participants.agreement import (
    COEFFICIENTS,
    agreement_intervals,
    cohen_kappa,
    krippendorff_alpha,
    measure_agreement,
)
from analysis.reading import answers_from
from tests.analysis.confusion.test_information import MATRICES
from tests.analysis.golden import STATS
from tests.analysis.tables import table_4


@pytest.mark.parametrize("table", MATRICES)
def test_coefficients_equal_golden(table):
    found = measure_agreement(MATRICES[table])
    close = {"rel": 1e-9}
    assert found.pairwise == pytest.approx(STATS[f"{table}.pairwise_agreement"], **close)
    assert found.fleiss == pytest.approx(STATS[f"{table}.fleiss_kappa(between participants)"], **close)
    assert found.krippendorff == pytest.approx(STATS[f"{table}.krippendorff_alpha_nominal"], **close)
    assert found.randolph == pytest.approx(STATS[f"{table}.randolph_free_marginal_kappa"], **close)
    assert found.gwet == pytest.approx(STATS[f"{table}.gwet_ac1"], **close)
    assert found.cohen_truth == pytest.approx(STATS[f"{table}.cohen_kappa(truth,response)"], **close)
    assert cohen_kappa(MATRICES[table])[1:] == pytest.approx(STATS[f"{table}.cohen_kappa.ci95_asymp"], **close)


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 8)))
def test_cohen_equals_statsmodels(matrix):
    expected = (matrix.sum(axis=0) * matrix.sum(axis=1)).sum() / max(1, matrix.sum()) ** 2
    if matrix.sum() == 0 or expected >= 1:
        assert cohen_kappa(matrix) == (None, None, None)
        return
    with np.errstate(all="ignore"):
        ours, theirs = cohen_kappa(matrix), cohens_kappa(matrix)
        low, spread = theirs.kappa_low, theirs.var_kappa
    assert ours[0] == pytest.approx(theirs.kappa)
    if spread > 1e-12:
        assert ours[1] == pytest.approx(max(-1, low), abs=1e-9)


def test_fleiss_equals_statsmodels_for_equal_numbers_of_raters():
    table = np.array([[5, 1, 0], [2, 2, 2], [0, 6, 0], [1, 1, 4]])
    assert measure_agreement(table).fleiss == pytest.approx(fleiss_kappa(table))


def test_alpha_equals_pair_by_pair_counting_with_unequal_raters():
    units = np.array([[3, 1, 0], [0, 2, 2], [1, 0, 1], [0, 5, 0]])
    values = [[j for j, n in enumerate(row) for _ in range(n)] for row in units.tolist()]
    observed = (
        sum(sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in values) / units.sum()
    )
    pool = [v for unit in values for v in unit]
    expected = sum(a != b for a, b in itertools.permutations(pool, 2)) / (len(pool) * (len(pool) - 1))
    assert krippendorff_alpha(units.astype(float)) == pytest.approx(1 - observed / expected)


def test_kappa_is_one_only_on_the_diagonal():
    assert cohen_kappa(np.diag([3, 4]))[0] == 1
    assert cohen_kappa(np.array([[3, 1], [0, 4]]))[0] < 1


def test_where_agreement_is_not_defined_it_is_said():
    alone = measure_agreement(np.diag([1, 1, 1]))
    assert (alone.fleiss, alone.status) == (None, "too_small")
    same = measure_agreement(np.array([[4, 0], [4, 0]]))
    assert (same.pairwise, same.fleiss, same.krippendorff) == (1.0, None, None)


def answers(people=9, units=5, k=3, seed=1):
    rng = np.random.default_rng(seed)
    chosen = np.where(rng.random((people, units)) < 0.6, np.arange(units) % k, rng.integers(0, k, (people, units)))
    unit, participant = np.tile(np.arange(units), people), np.repeat(np.arange(people), units)
    return unit, chosen.ravel(), participant


def test_standard_error_is_the_jackknife_by_hand():
    unit, chosen, participant = answers()

    def value(rows, name):
        counts = np.zeros((5, 3))
        np.add.at(counts, (unit[rows], chosen[rows]), 1)
        return getattr(measure_agreement(counts), name)

    found = agreement_intervals(unit, chosen, participant, 3)
    for name in COEFFICIENTS:
        without = [value(participant != p, name) for p in range(9)]
        se = (8 / 9 * sum((v - np.mean(without)) ** 2 for v in without)) ** 0.5
        assert found[name].se == pytest.approx(se, rel=1e-9)
        assert found[name].ci_low < value(participant >= 0, name) < found[name].ci_high


def test_kappa_of_complete_boards_has_the_interval_of_the_share():
    """One-to-one, kappa is (share - 1/k) / (1 - 1/k); answers taken as independent gave [.57, .88] for [.50, .94]."""
    t4 = answers_from(table_4())
    found = agreement_intervals(t4.heard, t4.chosen, t4.participant, 4, heard=t4.heard)["cohen_truth"]
    share = share_interval(t4.hits_by_participant, t4.answers_by_participant)
    assert (found.ci_low, found.ci_high) == pytest.approx(((share.low - 0.25) / 0.75, (share.high - 0.25) / 0.75))


def test_names_of_units_and_order_of_people_do_not_matter():
    unit, chosen, participant = answers()
    order = np.random.default_rng(2).permutation(len(unit))
    first = agreement_intervals(unit, chosen, participant, 3)
    second = agreement_intervals(unit[order], chosen[order], (8 - participant)[order], 3)
    for name in COEFFICIENTS:
        assert first[name].se == pytest.approx(second[name].se, rel=1e-9)


@pytest.mark.parametrize(
    ("people", "same", "words"),
    [(2, False, "too few participants"), (6, True, "no width"), (2_001, False, "too many participants")],
)
def test_without_an_interval_there_are_words(people, same, words):
    unit, chosen, participant = answers(people=people)
    found = agreement_intervals(unit, unit % 3 if same else chosen, participant, 3)
    assert (found["pairwise"].ci_low, found["pairwise"].ci_high) == (None, None)
    assert words in found["pairwise"].reason
