import json
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from analysis.errors import AnalysisError
from analysis.participants.mixed import random_intercept
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.golden_extras import guess_logit
from tests.analysis.tables import table_3, table_4

T4 = answers_from(table_4())
LME4 = json.loads((Path(__file__).parents[2] / "golden" / "lme4.json").read_text(encoding="utf-8"))["studies"]
SOME = [study for study in LME4 if len(study["hits"]) == 12 and study["drawn_sd"] in (1, 3, 4)]


def test_fit_of_table_4_equals_golden():
    found = random_intercept(T4.hits_by_participant, T4.answers_by_participant)
    assert found.intercept == pytest.approx(STATS["T4.glmm_ml.intercept"], rel=1e-5)
    assert found.sigma == pytest.approx(STATS["T4.glmm_ml.sigma"], rel=1e-5)
    assert found.log_likelihood == pytest.approx(-STATS["T4.glmm_ml.nll"], rel=1e-9)
    assert found.status == "ok"


@pytest.mark.parametrize("study", SOME, ids=lambda study: f"{study['answered']} answers, sd {study['drawn_sd']}")
def test_fit_equals_adaptive_quadrature_of_lme4(study):
    hits = np.array(study["hits"])
    found = random_intercept(hits, np.full(len(hits), study["answered"]))
    assert (found.intercept, found.sigma) == pytest.approx((study["intercept"], study["sigma"]), abs=1e-4)


def test_fit_above_guessing_equals_direct_integration():
    """40 answers each and people who differ much: 80 fixed nodes found 69.5 % for 75.5 %."""
    hits, asked = np.array([36, 40, 13, 40, 40, 38, 30, 9, 38, 15, 40, 27]), 40

    def loss(parameters):
        def marginal(x):
            def inside(z):
                p = 0.25 + 0.75 * special.expit(parameters[0] + parameters[1] * z)
                return p**x * (1 - p) ** (asked - x) * np.exp(-(z**2) / 2)

            # The tops are narrow: an integration that is told of none steps over them.
            return integrate.quad_vec(inside, -9, 9, points=np.linspace(-4, 4, 17), epsrel=1e-9)[0]

        return -sum(np.log(marginal(float(x))) for x in hits)

    found = random_intercept(hits, np.full(12, asked), guess=0.25)
    expected = optimize.minimize(loss, [found.intercept, found.sigma], method="Nelder-Mead").x
    assert (found.intercept, found.sigma) == pytest.approx(tuple(expected), abs=1e-3)
    share = integrate.quad(
        lambda z: (0.25 + 0.75 * special.expit(expected[0] + expected[1] * z)) * stats.norm.pdf(z), -9, 9
    )[0]
    assert found.share == pytest.approx(share, abs=1e-4)


def test_guess_rate_enters_the_link():
    assert guess_logit(38 / 48, 0.25) == pytest.approx(STATS["mafc_logit.T4.intercept(guess 1/4)"], rel=1e-9)


@pytest.mark.parametrize("guess", [0.0, 0.25])
def test_likelihood_at_the_fit_equals_adaptive_integration(guess):
    hits, asked = np.array([1, 3, 4, 2, 4]), np.full(5, 4)
    found = random_intercept(hits, asked, guess=guess)

    def marginal(x):
        def inside(z):
            p = guess + (1 - guess) * special.expit(found.intercept + found.sigma * z)
            return p**x * (1 - p) ** (4 - x) * stats.norm.pdf(z)

        return integrate.quad(inside, -12, 12, epsabs=1e-13)[0]

    assert found.log_likelihood == pytest.approx(sum(np.log(marginal(x)) for x in hits), abs=1e-6)
    mean = integrate.quad(
        lambda z: (guess + (1 - guess) * special.expit(found.intercept + found.sigma * z)) * stats.norm.pdf(z), -12, 12
    )[0]
    assert found.share == pytest.approx(mean, abs=1e-6)


def test_where_nothing_can_be_fitted_it_is_said():
    same = answers_from(table_3())
    assert random_intercept(same.hits_by_participant, same.answers_by_participant).status == "degenerate"
    assert random_intercept(np.array([1]), np.array([4])).status == "too_small"
    assert random_intercept(np.array([0, 1]), np.array([4, 4]), guess=0.25).status == "degenerate"
    with pytest.raises(AnalysisError, match="guess rate"):
        random_intercept(np.array([1, 2]), np.array([4, 4]), guess=1.0)
