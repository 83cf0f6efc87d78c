"""The e-value against brute force: exactly 1 on average, in any order, and never by what comes later."""

from itertools import permutations
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.accuracy import ability_pmf
from analysis.chance import injection_counts
from analysis.evalues import THETAS, AnsweredBoard, log_e_value, log_e_values, log_evidence
from analysis.evalues.evidence import board_likelihoods


@st.composite
def people(draw, k=None, free=None):
    """One person's boards of the same categories, with foils, repeats and clips without an answer."""
    k = draw(st.integers(2, 4)) if k is None else k
    heard = tuple(range(k)) + draw(st.sampled_from([(), tuple(range(k))]))
    foils = draw(st.integers(0, 2))
    images = list(heard) + [k + i for i in range(foils)]
    boards = []
    for _ in range(draw(st.integers(1, 3))):
        one_to_one = draw(st.permutations(images))[: len(heard)]
        chosen = (
            draw(st.lists(st.sampled_from(images), min_size=len(heard), max_size=len(heard))) if free else one_to_one
        )
        gone = draw(st.integers(0, len(heard)))
        boards.append(AnsweredBoard(heard, tuple(-1 if i == gone else c for i, c in enumerate(chosen)), len(images)))
    return boards


def renamed(boards, names):
    return [AnsweredBoard(tuple(names[c] for c in board.heard), board.chosen, board.n_images) for board in boards]


@pytest.mark.parametrize("design", ["one_to_one", "free"])
def test_its_mean_over_every_renaming_is_one_at_every_theta(design):
    @settings(max_examples=40)
    @given(boards=people(free=design == "free"))
    def check(boards):
        k = 1 + max(boards[0].heard)
        found = [np.exp(log_evidence(renamed(boards, names), design=design)) for names in permutations(range(k))]
        assert np.mean(found, axis=0) == pytest.approx(np.ones(len(THETAS)), rel=1e-12)

    check()


@settings(max_examples=30)
@given(several=st.lists(people(k=3), min_size=1, max_size=5), data=st.data())
def test_it_is_the_same_in_any_order_and_for_any_names(several, data):
    whole = log_e_value(several, design="one_to_one")
    assert log_e_value(data.draw(st.permutations(several)), design="one_to_one") == pytest.approx(whole, abs=1e-10)
    names = data.draw(st.permutations(range(3)))
    other = [
        [AnsweredBoard(b.heard, tuple(names[c] if 0 <= c < 3 else c for c in b.chosen), b.n_images) for b in boards]
        for boards in (renamed(boards, names) for boards in several)
    ]
    assert log_e_value(other, design="one_to_one") == pytest.approx(whole, abs=1e-10)


@settings(max_examples=30)
@given(several=st.lists(people(k=3, free=True), min_size=2, max_size=6))
def test_what_it_is_at_a_look_needs_nobody_who_comes_later(several):
    rows = np.array([log_evidence(boards, design="free") for boards in several])
    looks = log_e_values(rows)
    for n in range(1, len(several) + 1):
        assert looks[n - 1] == pytest.approx(log_e_value(several[:n], design="free"), abs=1e-10)


def test_one_board_of_four_by_hand():
    # All right, at theta .525: the likelihood is that of knowing j and guessing the rest, the mean goes over 24 names.
    theta = THETAS[10]
    chances = [sum(ways * theta**j * (1 - theta) ** (4 - j) / rest for j, ways, rest in parts) for parts in BY_HITS]
    mean = (9 * chances[0] + 8 * chances[1] + 6 * chances[2] + chances[4]) / 24
    found = log_evidence([AnsweredBoard((0, 1, 2, 3), (0, 1, 2, 3), 4)], design="one_to_one")[10]
    assert found == pytest.approx(log(chances[4] / mean), rel=1e-12)


# By number of hits: (known, ways to have known them among the hits, injections of the rest).
BY_HITS = [
    [(0, 1, 24)],
    [(0, 1, 24), (1, 1, 6)],
    [(0, 1, 24), (1, 2, 6), (2, 1, 2)],
    [],
    [(0, 1, 24), (1, 4, 6), (2, 6, 2), (3, 4, 1), (4, 1, 1)],
]


@pytest.mark.parametrize(("n", "m", "design"), [(4, 4, "one_to_one"), (3, 5, "one_to_one"), (4, 4, "free")])
def test_the_likelihood_is_that_of_the_ability_model(n, m, design):
    # The law of the hits, shared evenly among the answers that have so many.
    free = [comb(n, x) * (m - 1) ** (n - x) for x in range(n + 1)]
    ways = np.array(free if design == "free" else injection_counts(n, m))
    possible = ways > 0
    for theta, logs in zip(THETAS.tolist(), board_likelihoods(n, m, design=design), strict=True):
        law = ability_pmf(theta, n, m, design=design)
        assert np.exp(logs)[possible] == pytest.approx(law[possible] / ways[possible], rel=1e-9)


def test_the_same_mapping_on_every_board_is_weighed_once():
    """Somebody whose own mapping happens to be right is one lucky draw of 24, however many boards there are."""
    right = AnsweredBoard((0, 1, 2, 3), (0, 1, 2, 3), 4)
    for boards in (1, 3, 30):
        assert np.exp(log_evidence([right] * boards, design="one_to_one")).max() <= 24 * (1 + 1e-12)
    assert log_e_value([[right]] * 4, design="one_to_one") > log(1000)


def test_boards_of_different_categories_are_exchanged_within_themselves():
    first, other = AnsweredBoard((0, 1), (0, 1), 2), AnsweredBoard((2, 3), (3, 2), 2)
    both = log_evidence([first, other], design="one_to_one")
    apart = log_evidence([first], design="one_to_one") + log_evidence([other], design="one_to_one")
    assert both == pytest.approx(apart, abs=1e-12)
    # Nothing can be exchanged where no two categories are heard alike: no evidence either way.
    assert log_evidence([AnsweredBoard((0, 0, 1), (0, 0, 1), 3)], design="one_to_one").tolist() == [0.0] * 20


def test_nobody_and_no_answer_are_no_evidence():
    assert log_e_value([], design="free") == 0.0
    assert log_e_value([[AnsweredBoard((0, 1), (-1, -1), 2)]], design="free") == pytest.approx(0.0, abs=1e-12)


def test_of_many_names_some_are_drawn_and_the_mean_still_holds_on_average():
    rng = np.random.default_rng(5)
    guesses = [AnsweredBoard(tuple(range(9)), tuple(rng.permutation(9).tolist()), 9) for _ in range(60)]
    found = np.exp([log_evidence([board], design="one_to_one") for board in guesses])
    # At the smallest theta the e-value hardly varies: its mean is near 1.
    assert found[:, 0].mean() == pytest.approx(1, abs=3 * found[:, 0].std() / 60**0.5)
    again = log_evidence([guesses[0]], design="one_to_one")
    assert np.array_equal(again, log_evidence([guesses[0]], design="one_to_one"))
