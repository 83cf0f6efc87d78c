"""Stated confidence against being right: brute force, draws, edges, and its way into the report."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from analysis import render
from analysis.participants import confidence
from analysis.participants.confidence import DRAWN, EXACT, confidence_of
from analysis.results.build import build_result
from tests.analysis.studies import study_of
from tests.analysis.tables import rows_of

PEOPLE = [([1, 4, 4, 7], [0, 1, 0, 1]), ([2, 3, 5], [1, 0, 1]), ([6, 6], [1, 1]), ([3, 3, 3], [0, 1, 0])]


def columns(people):
    stated = np.concatenate([np.array(c) for c, _ in people])
    hit = np.concatenate([np.array(h) for _, h in people])
    return stated, hit, np.repeat(np.arange(len(people)), [len(c) for c, _ in people])


def test_p_equals_every_permutation():
    found = confidence_of(*columns(PEOPLE))
    sums = [[sum(c[i] for i in pick) for pick in combinations(range(len(c)), sum(h))] for c, h in PEOPLE]
    observed = sum(c for stated, hit in PEOPLE for c, h in zip(stated, hit, strict=True) if h)
    expected = np.mean([sum(way) >= observed for way in product(*sums)])
    assert (found.p_value, found.method) == (pytest.approx(expected, rel=1e-12), EXACT)


def test_share_of_pairs_is_counted_by_hand():
    found = confidence_of(*columns(PEOPLE))
    # First person: 4 and 7 against 1 and 4 = 3.5 of 4; second: 2 and 5 against 3 = 1 of 2; fourth: ties, 1 of 2.
    assert (found.n_pairs, found.n_participants) == (8, 3)
    assert found.auc == pytest.approx((3.5 + 1 + 1) / 8)
    assert found.ci_low is not None
    assert found.ci_low <= found.auc <= found.ci_high
    assert dict(zip(found.position, zip(found.correct, found.n, strict=True), strict=True)) == {
        1: (0, 1), 2: (1, 1), 3: (1, 4), 4: (1, 2), 5: (1, 1), 6: (2, 2), 7: (1, 1),
    }  # fmt: skip
    assert found.rate == pytest.approx([0, 1, 0.25, 0.5, 1, 1, 1])
    assert found.mean_wrong == pytest.approx((1 + 4 + 3 + 3 + 3) / 5)


def test_draws_agree_with_the_exact_law(monkeypatch):
    rng = np.random.default_rng(1)
    people = [(rng.integers(1, 8, 6), np.array([1, 1, 0, 0, 0, 1])) for _ in range(15)]
    exact = confidence_of(*columns(people))
    monkeypatch.setattr(confidence, "EXACT_WORK", 0)
    drawn = confidence_of(*columns(people))
    assert drawn.method == f"{DRAWN}, 9,999 draws: p is never below 1/10,000"
    assert exact.p_value is not None
    assert abs(drawn.p_value - exact.p_value) < 4 * (exact.p_value * (1 - exact.p_value) / 9_999) ** 0.5 + 1e-4


@pytest.mark.parametrize(
    ("people", "status"),
    [([([3, 4], [1, 1]), ([2], [0])], "too_small"), ([([3, 3], [1, 0]), ([5, 5], [0, 1])], "degenerate")],
)
def test_edges_are_put_into_words(people, status):
    found = confidence_of(*columns(people))
    assert (found.status, found.p_value) == (status, None)
    assert found.reason


def test_the_report_shows_it_only_where_it_was_asked():
    answers = [(0, 1, 2, 3), (1, 0, 2, 3), (0, 2, 1, 3), (1, 2, 0, 3)]
    rows = rows_of(answers)
    asked = rows.assign(confidence=np.where(rows["clip_category"] == rows["chosen_category"], 6, 2))
    result = build_result(asked, study_of(ask_confidence=True))
    found = result["arms"]["a"]["confidence"]
    # Boards with two or three wrong: everybody states 6 where right and 2 where wrong, the one order of 6, 6 and 4.
    assert found["p_value"] == pytest.approx(1 / (6 * 6 * 4))
    page = render.markdown(result)
    assert "the right one had more confidence in 100.0% of 11 pairs" in page
    assert "| 2 | (0/7) | 0.0% |" in page
    assert "a,confidence,6,9,9" in render.csv_tables(result)["positions.csv"]
    silent = build_result(rows, study_of())
    assert silent["arms"]["a"]["confidence"] is None
    assert "stated confidence" not in render.markdown(silent)


def test_order_of_rows_does_not_matter():
    stated, hit, person = columns(PEOPLE)
    frame = pd.DataFrame({"c": stated, "h": hit, "p": person}).sample(frac=1, random_state=2)
    again = confidence_of(*(frame[name].to_numpy() for name in "chp"))
    assert again.p_value == pytest.approx(confidence_of(stated, hit, person).p_value, rel=1e-12)
