"""Theta that a single answer stands for: right on the mean, whatever the other pictures of the board are."""

from itertools import permutations

import numpy as np
import pytest

from analysis.compare.knowledge import REPEATED, TIED, answer_thetas
from analysis.reading import answers_of, validate_responses
from tests.analysis.tables import FOUR
from tests.analysis.tables import rows_of as tidy


def rows_of(picks, **options):
    return validate_responses(tidy(picks, **options))


ORDERS = list(permutations(range(4)))


def law_of_board(levels):
    """Chance of each matching where clip i is known with probability levels[i] and the rest is guessed."""
    chances = dict.fromkeys(ORDERS, 0.0)
    for known in np.ndindex(2, 2, 2, 2):
        weight = np.prod([p if k else 1 - p for k, p in zip(known, levels, strict=True)])
        fitting = [order for order in ORDERS if all(not k or order[i] == i for i, k in enumerate(known))]
        for order in fitting:
            chances[order] += weight / len(fitting)
    return chances


@pytest.mark.parametrize("level", [0.0, 0.3, 0.8])
def test_people_alike_give_the_theta_of_the_law(level):
    """As many answers of each kind as the law of one theta expects: every category stands for that theta."""
    counts = {order: round(4_000 * chance) for order, chance in law_of_board([level] * 4).items()}
    rows = rows_of([order for order, n in counts.items() for _ in range(n)])
    answers = answers_of(rows, list(FOUR))
    found = answer_thetas(answers)
    means = [found.theta[answers.heard == clip].mean() for clip in range(4)]
    assert means == pytest.approx([level] * 4, abs=0.01)


def test_an_easy_picture_does_not_make_its_neighbours_easier():
    """Hits of the others rise with one known picture, their thetas stay near nothing."""
    levels = [0.9, 0.0, 0.0, 0.0]
    counts = {order: round(4_000 * chance) for order, chance in law_of_board(levels).items()}
    answers = answers_of(rows_of([order for order, n in counts.items() for _ in range(n)]), list(FOUR))
    theta = answer_thetas(answers).theta
    hits = [answers.hit[answers.heard == clip].mean() for clip in range(4)]
    means = [theta[answers.heard == clip].mean() for clip in range(4)]
    assert min(hits[1:]) > 0.3
    assert means == pytest.approx(levels, abs=0.03)


def test_free_answers_are_corrected_for_guessing():
    answers = answers_of(rows_of([(0, 0, 0, 0)], design="free"), list(FOUR))
    assert answer_thetas(answers).theta == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])


def test_boards_of_two_and_boards_that_repeat_have_no_theta():
    two = answers_of(rows_of([(0, 1), (1, 0)]), list(FOUR[:2]))
    assert answer_thetas(two).reason == TIED
    again = rows_of([(0, 1, 2, 3)]).assign(clip_category=["a", "a", "b", "c"])
    assert answer_thetas(answers_of(again, ["a", "b", "c", *FOUR])).reason == REPEATED
