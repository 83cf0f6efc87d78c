import itertools
import math

import numpy as np
import pytest
from scipy import optimize
from statsmodels.discrete.conditional_models import ConditionalLogit

from analysis.errors import MetricError
from analysis.join.temperature import fit_temperature, free_choices, one_to_one_choice, scores_at


def table(seed, k=4, m=4):
    return np.random.default_rng(seed).uniform(-0.2, 0.4, (k, m))


def simulated_free(beta, people=40, boards=3):
    rng = np.random.default_rng(1)
    choices = []
    for person in range(people):
        for board in range(boards):
            similarity = table(board)
            weights = np.exp(beta * similarity)
            chosen = [int(rng.choice(4, p=row / row.sum())) for row in weights]
            choices += free_choices(f"p{person}", similarity, chosen)
    return choices


def simulated_one_to_one(beta, people=60):
    rng = np.random.default_rng(2)
    orders = list(itertools.permutations(range(4)))
    choices = []
    for person in range(people):
        similarity = table(person % 3)
        totals = np.array([sum(similarity[i, j] for i, j in enumerate(order)) for order in orders])
        weights = np.exp(beta * totals)
        order = orders[int(rng.choice(24, p=weights / weights.sum()))]
        choices.append(one_to_one_choice(f"p{person}", similarity, order))
    return choices


def test_free_choices_equal_the_conditional_logit_of_statsmodels():
    choices = simulated_free(6.0)
    endog, exog, groups = [], [], []
    for place, choice in enumerate(choices):
        endog += [float(total == choice.taken) for total in choice.totals]
        exog += choice.totals.tolist()
        groups += [place] * len(choice.totals)
    oracle = ConditionalLogit(np.array(endog), np.array(exog)[:, None], groups=np.array(groups)).fit(disp=False)
    found = fit_temperature(choices, method="free")
    # The general optimiser stops early; ours must be near it and no less likely.
    assert found.beta == pytest.approx(oracle.params[0], rel=1e-3)
    assert found.log_likelihood == pytest.approx(oracle.llf, rel=1e-6)
    assert found.log_likelihood >= oracle.llf
    assert found.log_likelihood_null == pytest.approx(-len(choices) * math.log(4))
    score, information = scores_at(found.beta, choices)
    assert information.sum() ** -0.5 == pytest.approx(oracle.bse[0], rel=1e-3)
    assert score.sum() == pytest.approx(0, abs=1e-6)
    assert found.temperature == pytest.approx(1 / found.beta)
    assert (found.n_choices, found.n_participants, found.status) == (480, 40, "ok")


def permanent(matrix):
    k = len(matrix)
    return math.fsum(math.prod(matrix[i][j] for i, j in enumerate(order)) for order in itertools.permutations(range(k)))


def test_one_to_one_choices_equal_the_permanent_form():
    choices = simulated_one_to_one(5.0)

    def loss(beta):
        total = 0.0
        for person, choice in enumerate(choices):
            total += math.log(permanent(np.exp(beta * table(person % 3)))) - beta * choice.taken
        return total

    oracle = optimize.minimize_scalar(loss, bounds=(0, 30), method="bounded", options={"xatol": 1e-9})
    found = fit_temperature(choices, method="one_to_one")
    assert found.beta == pytest.approx(oracle.x, rel=1e-6)
    assert found.log_likelihood == pytest.approx(-oracle.fun, rel=1e-9)
    step = 1e-4
    curvature = (loss(found.beta + step) - 2 * loss(found.beta) + loss(found.beta - step)) / step**2
    assert scores_at(found.beta, choices)[1].sum() == pytest.approx(curvature, rel=1e-3)


def test_more_images_than_clips_are_weighed_as_injections():
    similarity = table(3, k=2, m=4)
    choice = one_to_one_choice("p", similarity, [3, 1])
    assert len(choice.totals) == 12
    assert choice.taken == pytest.approx(similarity[0, 3] + similarity[1, 1])


def test_choices_that_ignore_similarity_have_no_temperature():
    found = fit_temperature(simulated_free(0.0), method="free")
    assert abs(found.beta) < 1
    against = fit_temperature(simulated_free(-4.0), method="free")
    assert (against.beta < 0, against.temperature) == (True, None)


@pytest.mark.parametrize(("best", "words"), [(True, "no upper bound"), (False, "no lower bound")])
@pytest.mark.parametrize("people", [1, 25])
def test_choices_at_the_edge_have_no_bound(best, words, people):
    similarity = table(4)
    chosen = similarity.argmax(axis=1) if best else similarity.argmin(axis=1)
    choices = [one for person in range(people) for one in free_choices(f"p{person}", similarity, chosen)]
    found = fit_temperature(choices, method="free")
    assert (found.status, found.beta) == ("degenerate", None)
    assert words in found.reason
    assert (found.temperature, found.log_likelihood) == (None, pytest.approx(0, abs=1e-9))


def test_nothing_to_fit_is_put_in_words():
    assert fit_temperature([], method="free").status == "too_small"
    flat = fit_temperature(free_choices("p", np.ones((2, 3)), [0, 1]), method="free")
    assert (flat.status, flat.beta) == ("degenerate", None)
    one = fit_temperature([*free_choices("p", table(5), [0, 1, 2, 3])], method="free")
    assert (one.n_participants, one.status) == (1, "ok")
    assert free_choices("p", table(5), [-1, -1, -1, 2])[0].totals.tolist() == table(5)[3].tolist()


def test_boards_that_cannot_be_weighed_are_refused():
    with pytest.raises(MetricError, match="different image for every clip"):
        one_to_one_choice("p", table(6), [0, 0, 1, 2])
    with pytest.raises(MetricError, match="different image for every clip"):
        one_to_one_choice("p", table(6), [0, -1, 1, 2])
    with pytest.raises(MetricError, match="too many to weigh"):
        one_to_one_choice("p", table(6, 9, 9), range(9))
