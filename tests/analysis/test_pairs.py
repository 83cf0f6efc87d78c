import itertools
from collections import Counter

import pandas as pd
import pytest

from analysis.chance import convolve
from analysis.pairs import pair_counts, pair_tests, unconditional_pair_counts
from tests.analysis.golden import STATS
from tests.analysis.tables import FOUR, rows_of, table_2, table_3, table_4


def test_table_4_has_one_confused_pair():
    pairs = pair_tests(table_4())
    found = {f"{pair.a}|{pair.b}": pair for pair in pairs}
    swap = found["Electronic music|Heavy metal"]
    assert (swap.errors, swap.a_as_b, swap.b_as_a) == (STATS["T4.pair.Electronic-Heavy.n"], 5, 5)
    assert swap.p_value == pytest.approx(STATS["T4.pair.EH.p_given_error_counts"], rel=1e-12)
    assert swap.p_holm == pytest.approx(STATS["T4.pair.any.p_given_error_counts"], rel=1e-12)
    assert [pair.p_value for pair in pairs if pair is not swap] == [1.0] * 5


def test_table_2_pairs_given_the_errors_equal_golden():
    found = {f"{pair.a}-{pair.b}": pair for pair in pair_tests(table_2())}
    assert {key: pair.p_value for key, pair in found.items()} == pytest.approx(
        STATS["T2.pairs.p_given_errors"], rel=1e-9
    )
    assert {key: pair.p_holm for key, pair in found.items()} == pytest.approx(
        STATS["T2.pairs.p_given_errors.holm"], rel=1e-9
    )
    assert found["Sky-Water"].p_value == pytest.approx(STATS["T2.pair.Sky-Water.p_given_errors"], rel=1e-9)


def test_unconditional_law_equals_golden():
    law = convolve([(unconditional_pair_counts(4), 12)])
    for x, p in STATS["pair.oneToOne.k4.N12.sf_ge"].items():
        assert law.sf(int(x)) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("k", range(2, 7))
def test_pair_counts_equal_enumeration(k):
    conditional: dict[int, Counter[int]] = {e: Counter() for e in range(k + 1)}
    for p in itertools.permutations(range(k)):
        errors = sum(i != j for i, j in enumerate(p))
        conditional[errors][(p[0] == 1) + (p[1] == 0)] += 1
    for errors, counts in conditional.items():
        assert pair_counts(k, errors) == tuple(counts[m] for m in range(3))
    found = [sum(counts[m] for counts in conditional.values()) for m in range(3)]
    shares = [n / sum(unconditional_pair_counts(k)) for n in unconditional_pair_counts(k)]
    assert shares == pytest.approx([n / sum(found) for n in found])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table_3(), "No errors were made"),
        (rows_of([(1, 0)]), "With two categories"),
        (rows_of([(0,)]), "One category"),
        (rows_of([(0, 1, 3)], n_options=5), "complete boards"),
        (rows_of([(1, 0, None, None)]), "complete boards"),
    ],
)
def test_where_pairs_have_no_law_it_is_said(frame, words):
    pairs = pair_tests(frame)
    assert all(pair.status == "not_applicable" and words in pair.reason and pair.p_value is None for pair in pairs)
    assert len(FOUR) == 4


def test_boards_without_a_pair_do_not_count_for_it():
    frame = rows_of([(0, 2, 1), (0, 2, 1)])
    more = rows_of([(1, 0, 2)], [FOUR[3], FOUR[1], FOUR[2]], arm="a").assign(participant="other")
    pairs = {(p.a, p.b): p for p in pair_tests(pd.concat([frame, more], ignore_index=True))}
    # Given two errors among three clips, each of the three pairs is equally likely.
    assert pairs[(FOUR[1], FOUR[2])].p_value == pytest.approx(1 - (2 / 3) ** 3 - 3 * (1 / 3) * (2 / 3) ** 2)
    assert pairs[(FOUR[0], FOUR[3])].errors == 0
    assert pairs[(FOUR[0], FOUR[3])].p_value == 1.0
