"""One small study whose numbers invite wrong words: three arms, one order, few people, tiny p-values."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import render
from analysis.accuracy import conditional_chance, discriminations, level, share_interval, theta_of_share
from analysis.confusion import response_bias
from analysis.participants import order_of_arms
from analysis.reading import answers_from
from analysis.results import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, rows_of, table_4

RIGHT, SWAP, WRONG = (0, 1, 2, 3), (0, 2, 1, 3), (1, 0, 3, 2)


@cache
def three_arms():
    """The same 12 people answer x, y and z in this order; x is best."""
    arms = {"x": [RIGHT] * 12, "y": [RIGHT] * 5 + [SWAP] * 7, "z": [WRONG] * 2 + [SWAP] * 10}
    frames = [
        rows_of(answers, arm=name).assign(participant=lambda rows: rows["participant"].str[1:], trial_index=trial)
        for trial, (name, answers) in enumerate(arms.items(), start=1)
    ]
    return build_result(pd.concat(frames, ignore_index=True), study_of(arms=tuple(arms)))


def test_several_comparisons_are_corrected_in_their_sentences():
    for found in three_arms()["comparisons"]:
        assert "Holm over 3 comparisons" in found["sentence"]
        assert "d_z" in found["sentence"]
        assert "Cliff" not in found["sentence"]


def test_a_difference_has_the_sign_of_its_words():
    frames = [rows_of([SWAP] * 9 + [RIGHT], arm="a"), rows_of([RIGHT] * 9 + [SWAP], arm="b")]
    (found,) = build_result(pd.concat(frames), study_of(arms=("a", "b")))["comparisons"]
    assert "more with b than with a" in found["sentence"]
    assert "b − a: difference .400, 95% CI [.251, .549]" in found["sentence"]
    assert found["difference"] == pytest.approx(-0.4)


def test_one_order_for_all_is_flagged():
    (first, *_) = [text for text in three_arms()["warnings"] if "practice or fatigue" in text]
    assert first.startswith("12 of 12 participants met all of x before y")
    mixed = order_of_arms(np.array([1, 0, 0, 1]), np.array([1, 2, 1, 2]), np.array([0, 0, 1, 1]))
    assert (mixed.a_first, mixed.b_first, mixed.n, mixed.confounded) == (1, 1, 2, False)


def test_tiny_p_values_are_bounds_in_reports_and_digits_in_json():
    result = three_arms()
    assert 0 < result["arms"]["x"]["overall"]["p_value"] < 1e-12
    page = render.markdown(result)
    assert "1e-12" in page
    assert "× 10⁻¹⁶" not in page
    assert "fewer than 1 of a trillion studies" in page
    assert "lies in" not in page


def test_one_person_is_not_everybody():
    assert conditional_chance(rows_of([SWAP] * 2)) == []
    page = render.markdown(build_result(rows_of([SWAP]), study_of()))
    assert "everybody matched" not in page
    assert [row.category for row in conditional_chance(rows_of([SWAP] * 3))] == list(FOUR[1:3])


def test_margins_have_their_upper_tail():
    """One minus the lower tail was 0 below 1e-16 and printed as less than 10 to the -300."""
    answers = answers_from(rows_of([(0, 0, 2, 3)] * 60 + [(0, 1, 1, 0), (3, 2, 2, 3), (1, 1, 2, 2)], design="free"))
    bias = response_bias(answers)
    assert bias.stuart_maxwell_p == stats.chi2.sf(bias.stuart_maxwell, 3)
    assert 0 < bias.stuart_maxwell_p < 1e-10


def test_pairs_of_people_with_a_lasting_idea_are_people_not_boards():
    """Four people, five boards each, who never waver: 15 of 20 boards, but 3 of 4 people."""
    answers = [RIGHT] * 15 + [SWAP] * 5
    pairs = {(d.a, d.b): d for d in discriminations(rows_of(answers, blocks=5))}
    found = pairs[FOUR[1], FOUR[2]]
    assert (found.right, found.n, found.bayes_factor) == (15, 20, None)
    assert found.p_value == pytest.approx(stats.binom.sf(2, 4, 0.5))
    assert found.ci_low < 0.25
    (left, _) = conditional_chance(rows_of(answers, blocks=5))
    assert left.p_value == pytest.approx(stats.binom.sf(2, 4, 0.5))


def test_the_level_is_the_share_on_another_scale():
    answers = answers_from(table_4())
    share = share_interval(answers.hits_by_participant, answers.answers_by_participant)
    found = level(answers, share)
    for theta, value in ((found.theta, 38 / 48), (found.ci_low, share.low), (found.ci_high, share.high)):
        assert (4 * theta + 1 - theta**4) / 4 == pytest.approx(value)
    assert theta_of_share(0.1, {(4, 4): 3}, design="one_to_one") == 0
    assert theta_of_share(0.625, {(4, 4): 3}, design="free") == pytest.approx(0.5)
    # Two clips and three images: one is known or guessed from three, the other from what is left.
    assert theta_of_share(1.0, {(2, 3): 1}, design="one_to_one") == 1
