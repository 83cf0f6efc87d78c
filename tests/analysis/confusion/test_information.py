from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.confusion import information as module
from analysis.confusion.information import (
    chi_squared,
    cramers_v,
    entropy,
    full_support_corrected,
    g_squared,
    goodman_kruskal_lambda,
    measure_information,
    miller_madow,
    mutual_information,
    null_information,
)
from analysis.errors import AnalysisError
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.golden_extras import normalised_information
from tests.analysis.tables import TABLE_2, rows_of, table_2, table_4

MATRICES = {
    "T2": np.array(TABLE_2),
    "T3": np.diag([12] * 4),
    "T4": np.array([[12, 0, 0, 0], [0, 7, 5, 0], [0, 5, 7, 0], [0, 0, 0, 12]]),
}


@pytest.mark.parametrize("table", MATRICES)
def test_information_equals_golden(table):
    matrix = MATRICES[table]
    close = {"rel": 1e-9}
    assert mutual_information(matrix) == pytest.approx(STATS[f"{table}.MI_bits"], **close)
    assert entropy(matrix.sum(axis=0)) == pytest.approx(STATS[f"{table}.H_response_bits"], **close)
    assert entropy(matrix.sum(axis=1)) == pytest.approx(STATS[f"{table}.H_stim_bits"], **close)
    assert mutual_information(matrix) / 2 == pytest.approx(STATS[f"{table}.MI_fraction_of_log2k"], **close)
    assert normalised_information(matrix) == pytest.approx(STATS[f"{table}.NMI_arith"], **close)
    assert miller_madow(matrix) == pytest.approx(STATS[f"{table}.MI_miller_madow_bits"], **close)
    assert full_support_corrected(matrix) == pytest.approx(
        STATS[f"{table}.MI_panzeri_treves_bits_full_support"], **close
    )
    assert g_squared(matrix) == pytest.approx(STATS[f"{table}.G2"], **close)
    assert [*chi_squared(matrix), cramers_v(matrix)] == pytest.approx(STATS[f"{table}.chi2_cramersV"], **close)


def test_lambda_equals_golden():
    assert goodman_kruskal_lambda(MATRICES["T2"]) == pytest.approx(STATS["T2.lambda_goodman_kruskal(resp|stim)"])
    assert goodman_kruskal_lambda(np.array([[3, 0], [2, 0]])) is None


def test_every_value_of_a_null_is_the_information_of_its_table():
    tables = np.random.default_rng(3).integers(0, 4, size=(50, 9))
    tables[7] = 0
    each = [0.0 if i == 7 else entropy(row) for i, row in enumerate(tables)]
    np.testing.assert_allclose(module._entropies(tables), each, rtol=1e-12, atol=1e-15)


def test_null_of_one_to_one_matching_agrees_with_golden_draws(monkeypatch):
    monkeypatch.setattr(module, "DRAWN_CELLS", 10**9)
    null = null_information(answers_from(table_4()), draws=20_000)
    se = null.std() / 20_000**0.5
    assert abs(null.mean() - STATS["oneToOne.k4.N12.MI_null_mean_bits(MC20000)"]) < 3 * se * 2**0.5
    at_q95 = (null > STATS["oneToOne.k4.N12.MI_null_q95"]).mean()
    assert abs(at_q95 - 0.05) < 3 * (0.05 * 0.95 / 20_000) ** 0.5 * 2**0.5


def test_null_subtracted_information_is_centred_under_random_matching():
    rng = np.random.default_rng(5)
    values = []
    for _ in range(40):
        answers = answers_from(rows_of([tuple(rng.permutation(4).tolist()) for _ in range(12)]))
        values.append(measure_information(answers).bits_above_null)
    assert abs(np.mean(values)) < 3 * np.std(values) / 40**0.5


def test_free_null_draws_every_image_alike():
    null = null_information(answers_from(table_2()))
    assert null.mean() == pytest.approx(9 / (2 * 48 * np.log(2)), rel=0.2)
    assert (null_information(answers_from(table_2())) == null).all()


def test_boards_with_strangers_and_gaps_have_a_null_too():
    found = measure_information(answers_from(rows_of([(0, 1), (1, None), (0, 1)], n_options=6)))
    assert found.null_draws >= 100
    assert np.isfinite(found.null_mean)


def test_one_category_has_no_information():
    with pytest.raises(AnalysisError, match="at least two categories"):
        measure_information(answers_from(rows_of([(0,)])))


@given(arrays(np.int64, (4, 4), elements=st.integers(0, 9)))
def test_information_lies_between_nothing_and_the_logarithm_of_k(matrix):
    if matrix.sum():
        bits = mutual_information(matrix)
        assert -1e-12 <= bits <= log2(4) + 1e-9
        p = matrix / matrix.sum()
        loops = sum(
            p[i, j] * log2(p[i, j] / (p[i].sum() * p[:, j].sum())) for i in range(4) for j in range(4) if p[i, j] > 0
        )
        assert bits == pytest.approx(loops, abs=1e-9)


def test_information_is_zero_only_for_equal_rows():
    assert mutual_information(np.array([[2, 4], [3, 6]])) == pytest.approx(0, abs=1e-12)
    assert mutual_information(np.array([[2, 4], [3, 5]])) > 1e-4
