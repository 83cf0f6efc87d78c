import numpy as np
import pytest

from analysis.participants.agreement import COEFFICIENTS, agreement_intervals, measure_agreement


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
