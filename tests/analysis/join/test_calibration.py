import itertools
import json

import numpy as np
import pytest
from scipy.special import softmax

from analysis.join.boards import ShownBoard
from analysis.join.calibration import _pair_shares, calibration
from analysis.join.sampling import Sample
from analysis.join.temperature import fit_temperature, free_choices


def study(beta, people=30, boards=3, *, one_to_one=False, seed=5):
    """Boards of four whose choices follow the cosines with this coefficient."""
    rng = np.random.default_rng(seed)
    shown, tables = [], []
    orders = np.array(list(itertools.permutations(range(4))))
    for person in range(people):
        for _ in range(boards):
            table = rng.uniform(-0.5, 0.5, (4, 4))
            if one_to_one:
                law = softmax(beta * table[np.arange(4), orders].sum(axis=1))
                chosen = tuple(orders[rng.choice(len(orders), p=law)].tolist())
            else:
                chosen = tuple(int(rng.choice(4, p=row)) for row in softmax(beta * table, axis=1))
            shown.append(ShownBoard(f"p{person:02}", (0, 1, 2, 3), (0, 1, 2, 3), chosen))
            tables.append(table)
    return shown, tables


def sample(shown):
    """The people, and four pictures: too few for an interval."""
    person = np.unique([board.participant for board in shown], return_inverse=True)[1]
    boards = np.arange(len(shown))
    return Sample(person, boards, 0 * boards, np.zeros(1, int), person.max() + 1, 4)


def test_brier_score_is_that_of_the_others_temperature():
    shown, tables = study(4.0, people=3, boards=2)
    losses = []
    for board, table in zip(shown, tables, strict=True):
        others = [
            choice
            for other, cosines in zip(shown, tables, strict=True)
            if other.participant != board.participant
            for choice in free_choices(other.participant, cosines, other.chosen)
        ]
        beta = fit_temperature(others, method="").beta
        for row, chosen in zip(softmax(beta * table, axis=1), board.chosen, strict=True):
            losses.append(((row - np.eye(4)[chosen]) ** 2).sum())
    found = calibration(shown, tables, sample(shown), one_to_one=False)
    assert found["brier"]["value"] == pytest.approx(np.mean(losses))
    assert (found["brier"]["null"], found["n_answers"], found["n_participants"]) == (0.75, 24, 3)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("one_to_one", [True, False])
def test_choices_that_follow_the_space_are_calibrated_and_better_than_guessing(one_to_one):
    shown, tables = study(5.0, one_to_one=one_to_one)
    found = calibration(shown, tables, sample(shown), one_to_one=one_to_one)
    assert found["brier"]["value"] < found["brier"]["null"] - 0.1
    assert found["brier"]["ci_low"] is None
    assert "12" in found["brier"]["interval_reason"]
    assert found["ece"] < 2.5 * found["ece_null"]
    assert sum(b["n"] for b in found["bins"]) == 4 * found["n_answers"]
    assert all(a["high"] <= b["low"] for a, b in itertools.pairwise(found["bins"]))


def test_choices_of_another_shape_show_as_miscalibrated():
    shown, tables = study(0.0)
    crossed = [np.where(table > 0, 0.5, -0.5) for table in tables]
    always = [
        ShownBoard(
            b.participant, b.clips, b.images, tuple(int(row.argmax()) if n % 2 else 3 for n, row in enumerate(t))
        )
        for b, t in zip(shown, crossed, strict=True)
    ]
    found = calibration(always, [t * np.linspace(1, 0.2, 4) for t in crossed], sample(always), one_to_one=False)
    assert found["ece"] > 3 * found["ece_null"]


def test_pair_shares_are_the_law_over_assignments():
    table = np.random.default_rng(1).uniform(-1, 1, (3, 3))
    shares = _pair_shares(table, 2.0)
    orders = list(itertools.permutations(range(3)))
    weights = np.array([np.exp(2.0 * sum(table[i, o[i]] for i in range(3))) for o in orders])
    for i, j in itertools.product(range(3), repeat=2):
        own = sum(w for o, w in zip(orders, weights, strict=True) if o[i] == j)
        assert shares[i, j] == pytest.approx(own / weights.sum())


def test_words_in_place_of_a_score():
    shown, tables = study(3.0, people=1)
    assert calibration(shown, tables, sample(shown), one_to_one=False)["status"] == "too_small"
    perfect = [ShownBoard(b.participant, b.clips, b.images, tuple(t.argmax(axis=1).tolist())) for b, t in
               zip(*study(0.0, people=4), strict=True)]  # fmt: skip
    found = calibration(perfect, study(0.0, people=4)[1], sample(perfect), one_to_one=False)
    assert (found["status"], found["brier"]) == ("degenerate", None)
    unfinished = [ShownBoard(f"p{n}", (0, 1), (0, 1), (0, -1)) for n in range(4)]
    assert calibration(unfinished, [np.eye(2)] * 4, sample(unfinished), one_to_one=True)["status"] == "too_small"
