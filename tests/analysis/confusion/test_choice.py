import numpy as np
import pytest
import statsmodels.api as sm
from scipy.linalg import qr

from analysis.confusion.choice import category_map, closed_form, fit_choice
from analysis.errors import AnalysisError
from tests.analysis.confusion.test_information import MATRICES
from tests.analysis.golden import STATS

T2, T4 = MATRICES["T2"] + 0.5, MATRICES["T4"] + 0.5


@pytest.mark.parametrize(("table", "counts"), [("T2", T2), ("T4", T4)])
def test_closed_form_equals_golden(table, counts):
    eta, bias = closed_form(counts)
    assert eta == pytest.approx(np.array(STATS[f"{table}.scm_closed(+0.5).eta"]), rel=1e-7)
    assert bias == pytest.approx(np.array(STATS[f"{table}.scm_closed(+0.5).bias"]), rel=1e-9)


def test_similarity_without_correction_equals_golden():
    eta, _ = closed_form(MATRICES["T4"])
    assert eta[1, 2] == pytest.approx(STATS["T4.scm.eta_EH(no correction)"], rel=1e-9)
    assert -np.log(eta[1, 2]) == pytest.approx(STATS["T4.scm.d=-ln_eta"], rel=1e-9)


def test_maximum_likelihood_equals_golden():
    found = fit_choice(T2)
    assert found.fitted == pytest.approx(np.array(STATS["T2+0.5.scm_mle.fitted"]), rel=1e-7)
    assert found.eta == pytest.approx(np.array(STATS["T2+0.5.scm_mle.eta"]), rel=1e-7)
    assert found.bias == pytest.approx(np.array(STATS["T2+0.5.scm_mle.bias"]), rel=1e-9)
    assert found.g2 == pytest.approx(STATS["T2+0.5.scm_mle.G2_quasisym_df3"], rel=1e-9)
    assert found.df == 3
    assert found.log_likelihood == pytest.approx(-STATS["T2+0.5.scm_mle.nll"], rel=1e-9)
    assert found.eta[0, 1] == pytest.approx(STATS["T2+0.5.scm_mle.eta_SkyWater"], rel=1e-9)


def test_fit_equals_the_poisson_model_of_quasi_symmetry():
    columns = []
    for i in range(4):
        columns.append([1.0 if row == i else 0.0 for row in range(4) for _ in range(4)])
    for j in range(1, 4):
        columns.append([1.0 if column == j else 0.0 for _ in range(4) for column in range(4)])
    for i in range(4):
        for j in range(i + 1, 4):
            columns.append([1.0 if {r, c} == {i, j} else 0.0 for r in range(4) for c in range(4)])
    for i in range(4):
        columns.append([1.0 if r == c == i else 0.0 for r in range(4) for c in range(4)])
    design = np.array(columns).T
    order = qr(design, pivoting=True)[2]
    design = design[:, order[: np.linalg.matrix_rank(design)]]
    fit = sm.GLM(T2.ravel(), design, family=sm.families.Poisson()).fit(tol=1e-12)
    assert fit_choice(T2).fitted.ravel() == pytest.approx(fit.mu, rel=1e-6)


def test_model_reproduces_its_own_probabilities():
    found = fit_choice(T2)
    shares = found.bias[None, :] * found.eta
    shares /= shares.sum(axis=1, keepdims=True)
    assert shares == pytest.approx(found.fitted / found.fitted.sum(axis=1, keepdims=True), rel=1e-7)


def test_zeros_are_refused_in_words():
    with pytest.raises(AnalysisError, match="positive counts"):
        fit_choice(MATRICES["T2"])
    with pytest.raises(AnalysisError, match="never matched correctly"):
        closed_form(np.array([[0, 1], [1, 1]]))


def test_map_recovers_points_of_a_plane():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(7, 2))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    found, shown = category_map(np.exp(-distances))
    assert np.linalg.norm(found[:, None] - found[None], axis=2) == pytest.approx(distances, abs=1e-8)
    assert shown == pytest.approx(1.0)
    with pytest.raises(AnalysisError, match="it needs 6 or more"):
        category_map(np.eye(4))
