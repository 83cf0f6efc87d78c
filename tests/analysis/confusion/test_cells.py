import itertools
from collections import Counter

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import SquareTable

from analysis.confusion import cells
from analysis.confusion.cells import cell_tests, response_bias, symmetry
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.golden_extras import mcnemar_exact
from tests.analysis.tables import FOUR, LANDSCAPES, TABLE_2, rows_of, table_2, table_3, table_4

T2 = np.array(TABLE_2)


def test_cells_of_table_2_given_the_errors_equal_golden():
    found = {f"{cell.heard}->{cell.chosen}": cell for cell in cell_tests(table_2(), by_person=False)}
    assert {key: cell.p_value for key, cell in found.items()} == pytest.approx(
        STATS["T2.cells.p_given_errors"], rel=1e-9
    )
    assert {key: cell.p_holm for key, cell in found.items()} == pytest.approx(
        STATS["T2.cells.p_given_errors.holm"], rel=1e-9
    )
    assert {key: cell.p_bh for key, cell in found.items()} == pytest.approx(
        STATS["T2.cells.p_given_errors.bh"], rel=1e-9
    )
    assert found["Water->Sky"].p_value == pytest.approx(STATS["T2.cell.Water->Sky.p"], rel=1e-9)
    assert found["Sky->Water"].p_value == pytest.approx(STATS["T2.cell.Sky->Water.p"], rel=1e-9)


def test_unconditional_binomials_equal_golden():
    assert stats.binom.sf(3, 12, 0.25) == pytest.approx(STATS["T2.cell.Water->Sky.4of12.p_unconditional"], rel=1e-9)
    assert stats.binom.sf(4, 12, 0.25) == pytest.approx(
        STATS["T4.cell.Electronic->Heavy.5of12.p(Bin(12,1/4))"], rel=1e-9
    )
    assert stats.binom.sf(4, 12, 1 / 12) == pytest.approx(
        STATS["T4.swap.Electronic-Heavy.5of12.p(Bin(12,1/12))"], rel=1e-9
    )


def test_one_to_one_cells_equal_enumeration():
    answers = [(1, 0, 2, 3), (1, 2, 0, 3), (0, 1, 2, 3)]
    by_errors: dict[int, list[tuple[int, ...]]] = {}
    for p in itertools.permutations(range(4)):
        by_errors.setdefault(sum(i != j for i, j in enumerate(p)), []).append(p)
    ways = [by_errors[sum(i != j for i, j in enumerate(a))] for a in answers]
    counts = Counter(sum(p[0] == 1 for p in pick) for pick in itertools.product(*ways))
    expected = sum(n for x, n in counts.items() if x >= 2) / sum(counts.values())
    found = {(cell.heard, cell.chosen): cell for cell in cell_tests(rows_of(answers))}
    assert found[(FOUR[0], FOUR[1])].n == 2
    assert found[(FOUR[0], FOUR[1])].p_value == pytest.approx(expected)


@pytest.mark.parametrize("frame", [table_3(), rows_of([(1, 0)]), rows_of([(1,), (2,)], n_options=4)])
def test_without_errors_or_on_other_boards_there_are_no_cells(frame):
    assert cell_tests(frame) == []


def test_a_confusion_of_one_person_s_own_counts_once():
    """One of four people takes A for B on all of six boards: one of twelve cells, as often as their own board says."""
    boards = [(1, 2, 0, 3)] * 6 + [(0, 1, 2, 3)] * 18
    found = {(cell.heard, cell.chosen): cell for cell in cell_tests(rows_of(boards, "ABCD", blocks=6))}
    # Before: (1/4)^6, as if twelve boards were twelve people's.
    assert found["A", "B"].p_value == pytest.approx(1 / 4, abs=0.02)
    assert found["A", "B"].expected == pytest.approx(18 / 12)
    assert found["A", "D"].p_value == 1.0


def test_foils_are_chosen_and_never_heard():
    found = cell_tests(rows_of([(1, 0, 3), (0, 2, 1), (0, 1, 3)], "ABCD", n_options=5))
    assert {cell.heard for cell in found} == {"A", "B", "C"}
    wrong = next(cell for cell in found if (cell.heard, cell.chosen) == ("C", "D"))
    # The first person's names can change in three ways, the third's in none that keeps two right.
    assert (wrong.n, wrong.p_value) == (2, pytest.approx(1 / 3))


def test_symmetry_of_table_2_equals_golden():
    found = symmetry(T2)
    assert found.statistic == pytest.approx(STATS["T2.bowker.stat"], rel=1e-9)
    assert [found.df, found.p_asymptotic] == pytest.approx(STATS["T2.bowker.p_df_nonempty_pairs"], rel=1e-9)
    assert stats.chi2.sf(found.statistic, 6) == pytest.approx(STATS["T2.bowker.p_df6"], rel=1e-9)
    assert found.p_exact == STATS["T2.symmetry.p_exact"]
    plain = SquareTable(T2, shift_zeros=False).symmetry()
    assert [plain.statistic, plain.pvalue, plain.df] == pytest.approx(STATS["T2.bowker.statsmodels"], rel=1e-9)
    shifted = SquareTable(T2).symmetry()
    assert [shifted.statistic, shifted.pvalue] == pytest.approx(
        STATS["T2.bowker.statsmodels_shift_zeros_default"], rel=1e-9
    )


def test_exact_symmetry_equals_enumeration_and_draws_agree(monkeypatch):
    matrix = np.array([[0, 5, 1], [1, 0, 0], [2, 3, 0]])
    found = symmetry(matrix)
    sizes = [6, 3, 3]
    observed = sum((a - b) ** 2 / (a + b) for a, b in [(5, 1), (1, 2), (0, 3)])
    tables = itertools.product(*(range(n + 1) for n in sizes))
    exact = sum(
        np.prod([stats.binom.pmf(x, n, 0.5) for x, n in zip(table, sizes, strict=True)])
        for table in tables
        if sum((2 * x - n) ** 2 / n for x, n in zip(table, sizes, strict=True)) >= observed - 1e-9
    )
    assert found.p_exact == pytest.approx(exact)
    monkeypatch.setattr(cells, "SYMMETRY_WORK", 1)
    drawn = symmetry(matrix)
    assert drawn.method.startswith("seeded draws, 20,000 draws")
    assert drawn.p_exact == pytest.approx(exact, abs=0.012)


def test_mcnemar_equals_golden():
    assert mcnemar_exact(3, 4) == STATS["T2.mcnemar_exact.Sky-Water"]
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(5, 0) == 2 / 32


def test_response_bias_equals_golden():
    found = response_bias(answers_from(table_2(), LANDSCAPES))
    assert found.chosen == STATS["T2.response_bias.colsums"]
    # The golden p takes answers as independent; the report's permutes them within participants.
    asymptotic = stats.chi2.sf(found.chi2, found.df)
    assert [found.chi2, asymptotic] == pytest.approx(STATS["T2.response_bias.chi2_uniform"], rel=1e-9)
    assert found.method.startswith("seeded permutation within participants, 9,999 draws")
    assert [found.stuart_maxwell, found.stuart_maxwell_p, found.stuart_maxwell_df] == pytest.approx(
        STATS["T2.stuart_maxwell"], rel=1e-9
    )
    assert found.stuart_maxwell == pytest.approx(STATS["T2.stuart_maxwell.stat"], rel=1e-9)


def test_forced_margins_are_not_tested():
    assert response_bias(answers_from(table_4())).status == "not_applicable"
    assert response_bias(answers_from(rows_of([(None, None)], design="free"))).status == "too_small"
    assert symmetry(np.diag([3, 4, 5])).status == "not_applicable"
    wider = answers_from(rows_of([(0, 1, 2, 2)], design="free", n_options=6))
    assert response_bias(wider).reason.startswith("There are more images than clips")


def test_margins_of_a_singular_table_are_left_out():
    found = response_bias(answers_from(rows_of([(0, 0), (0, 0)], design="free")))
    assert found.chi2 == 4
    assert found.status == "ok"
