"""The laws against a second implementation: every renaming of every participant, one after the other."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.accuracy import overall, per_category
from analysis.chance import matching_law
from analysis.reading import answers_from
from analysis.renaming import category_law, draw_counts, drawn_total_p, tables_of, total_law, total_moments
from tests.analysis.tables import rows_of, table_2, table_4

FIVE_HABITS = [(1, 2, 3, 0)] * 3 + [(0, 1, 2, 3)] * 3 + [(0, 2, 3, 1)] * 3


def renamed_totals(frame, pick=lambda heard, chosen: heard == chosen):
    """Counter of the total over all renamings of everybody, each board's clips renamed alike; literal loops."""
    people = []
    for _, rows in frame.groupby("participant", sort=False):
        names = sorted(set(rows["clip_category"]))
        totals: Counter[int] = Counter()
        for way in itertools.permutations(names):
            call = dict(zip(names, way, strict=True))
            totals[
                sum(pick(call[h], c) for h, c in zip(rows["clip_category"], rows["chosen_category"], strict=True))
            ] += 1
        people.append(totals)
    found = Counter({0: Fraction(1)})
    for totals in people:
        following: Counter[int] = Counter()
        for (x, p), (y, n) in itertools.product(found.items(), totals.items()):
            following[x + y] += p * Fraction(n, sum(totals.values()))
        found = following
    return found


@pytest.mark.parametrize(
    "frame",
    [
        rows_of(FIVE_HABITS, blocks=3),
        rows_of([(0, 0, 2), (0, 1, 0), (2, 2, 2), (1, 0, 2)], "ABC", design="free", blocks=2),
        rows_of([(0, None, 2), (0, 1, 3), (1, 0, 2)], "ABCD", n_options=4, blocks=3),
    ],
    ids=["three boards", "free", "foil and gaps"],
)
def test_laws_equal_every_renaming_of_everybody(frame):
    answers = answers_from(frame)
    tables = tables_of(answers)
    ways = renamed_totals(frame)
    law = total_law(tables)
    assert law is not None
    assert law.pmf == pytest.approx([float(ways[x]) for x in range(law.n + 1)])
    moments = total_moments(tables)
    assert (moments.mean, moments.var) == pytest.approx((law.mean, law.var))
    assert overall(answers).p_value == pytest.approx(
        float(sum(p for x, p in ways.items() if x >= answers.total_correct)), rel=1e-12
    )
    for place, name in enumerate(answers.categories):
        single = renamed_totals(frame, lambda heard, chosen, name=name: heard == chosen == name)
        found = category_law(tables, place)
        assert found.pmf == pytest.approx([float(single[x]) for x in range(found.n + 1)])


@settings(max_examples=25)
@given(st.lists(st.permutations(range(4)), min_size=1, max_size=6))
def test_one_board_each_keeps_the_law_of_random_matching(boards):
    law = total_law(tables_of(answers_from(rows_of(boards))))
    assert law is not None
    assert law.counts == matching_law([(4, 4)] * len(boards)).counts


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=2, max_size=6),
    st.integers(1, 3),
)
def test_p_is_valid_under_renaming(answers, blocks):
    """Over all renamings of everybody, P(p <= x) <= x for every x that p takes: exactly, by counting."""
    frame = rows_of(answers, "ABC", design="free", blocks=blocks)
    law = total_law(tables_of(answers_from(frame)))
    assert law is not None
    ways = renamed_totals(frame)
    for level in {law.sf(x) for x in ways}:
        assert float(sum(p for x, p in ways.items() if law.sf(x) <= level)) <= level * (1 + 1e-12)


def test_own_mappings_count_once_per_person():
    """Four people give three boards each by one fixed mapping; one of the 24 is right, and no more is said."""
    whole = overall(rows_of([(0, 1, 2, 3)] * 3 + [(1, 2, 3, 0)] * 3, blocks=3))
    assert (whole.correct, whole.expected) == (12, 6.0)
    # Before: both boards' chances multiplied as if drawn anew, 2.6e-3.
    assert whole.p_value == pytest.approx(
        float(
            sum(
                p
                for x, p in renamed_totals(rows_of([(0, 1, 2, 3)] * 3 + [(1, 2, 3, 0)] * 3, blocks=3)).items()
                if x >= 12
            )
        )
    )
    assert whole.p_value > 0.05


def test_a_favourite_image_lifts_no_category():
    """Free boards: everybody takes the first image for everything, so the first category is always right."""
    rows = per_category(rows_of([(0, 0, 0, 0)] * 20, design="free"))
    assert [(row.correct, row.p_value, row.p_holm) for row in rows] == [(20, 1.0, 1.0)] + [(0, 1.0, 1.0)] * 3
    assert rows[0].expected == pytest.approx(20)
    whole = overall(rows_of([(0, 0, 0, 0)] * 20, design="free"))
    assert (whole.p_value, whole.status) == (1.0, "degenerate")


def test_large_classes_are_closed_forms_or_drawn():
    names = [f"c{i}" for i in range(10)]
    one = total_law(tables_of(answers_from(rows_of([(1, 0, *range(2, 10))] * 3, names))))
    assert one is not None
    assert one.counts == matching_law([(10, 10)] * 3).counts
    several = rows_of([(1, 0, *range(2, 10))] * 4, names, blocks=2)
    tables = tables_of(answers_from(several))
    assert total_law(tables) is None
    moments = total_moments(tables)
    assert (moments.mean, moments.var) == pytest.approx((4.0, 8.0))
    assert drawn_total_p(tables, 32) == 1 / 10_000
    whole = overall(several)
    assert (whole.p_value, whole.mid_p, whole.law) == (1 / 10_000, None, None)
    assert whole.test == "renaming test, 9,999 seeded draws"


def test_drawn_counts_have_the_exact_means():
    tables = tables_of(answers_from(rows_of(FIVE_HABITS, blocks=3)))
    counts = draw_counts(tables, np.random.default_rng(1), 4_000)
    expected = [category_law(tables, c).mean for c in range(4)]
    assert counts.mean(axis=0) == pytest.approx(expected, abs=0.08)
    law = total_law(tables)
    assert law is not None
    assert np.bincount(counts.sum(axis=1), minlength=law.n + 1) / 4_000 == pytest.approx(law.pmf, abs=0.04)


def test_tables_of_the_paper():
    law = total_law(tables_of(answers_from(table_4())))
    assert law is not None
    assert law.counts == matching_law([(4, 4)] * 12).counts
    free = total_law(tables_of(answers_from(table_2())))
    assert free is not None
    assert free.mean == pytest.approx(12)
    assert pd.notna(free.sf(36))
