"""When studies stop that may be looked at at any time."""

import numpy as np
import pytest

from analysis.accuracy import ability_pmf
from analysis.errors import AnalysisError
from analysis.evalues import AnsweredBoard, log_evidence, log_evidence_of_picks, plan_stopping
from analysis.evalues.stopping import draw_picks, simulate_stops

PLAN = {"k": 4, "images": 4, "design": "one_to_one", "alpha": 0.05}


@pytest.mark.parametrize(("design", "images"), [("one_to_one", 4), ("one_to_one", 6), ("free", 4)])
def test_simulated_people_answer_by_the_ability_model(design, images):
    rng = np.random.default_rng(2)
    picks = draw_picks(0.4, rng, people=20_000, trials=1, k=4, images=images, design=design)
    hits = (picks == np.arange(4)).sum(axis=(1, 2))
    law = ability_pmf(0.4, 4, images, design=design)
    assert np.bincount(hits, minlength=5) / 20_000 == pytest.approx(law, abs=4 * 0.5 / 20_000**0.5)
    if design == "one_to_one":
        assert all(len(set(row)) == 4 for row in picks[:500, 0].tolist())
    assert picks.max() == images - 1


@pytest.mark.parametrize(("design", "images"), [("one_to_one", 4), ("one_to_one", 6), ("free", 4)])
def test_many_people_at_once_have_the_evidence_of_each(design, images):
    rng = np.random.default_rng(3)
    picks = draw_picks(0.3, rng, people=30, trials=3, k=4, images=images, design=design)
    found = log_evidence_of_picks(picks, images=images, design=design, rng=rng)
    for person, row in zip(picks.tolist(), found, strict=True):
        boards = [AnsweredBoard((0, 1, 2, 3), tuple(chosen), images) for chosen in person]
        assert row == pytest.approx(log_evidence(boards, design=design), abs=1e-10)


def test_half_of_the_studies_stop_early_and_more_boards_make_it_earlier():
    one, three = (plan_stopping(0.2, trials=trials, maximum=30, **PLAN, draws=1_000) for trials in (1, 3))
    assert (one.threshold, one.draws) == (20, 1_000)
    # 16 people with one board and 6 with three in studies that were simulated apart.
    assert 13 <= one.median <= 18
    assert 4 <= three.median <= 7
    assert one.power < three.power <= 1
    assert 1 <= three.expected < one.expected < 30
    assert one == plan_stopping(0.2, trials=1, maximum=30, **PLAN, draws=1_000)


def test_where_nothing_is_known_hardly_any_study_stops():
    found = plan_stopping(0.0, trials=1, maximum=200, **PLAN, draws=400)
    assert found.median is None
    assert found.power <= 0.05 + 2 * (0.05 * 0.95 / 400) ** 0.5
    assert found.expected > 190


def test_a_study_stops_at_the_first_look_that_suffices():
    rng = np.random.default_rng(4)
    assert set(simulate_stops(np.full((1, 20), np.log(2)), np.log(20), rng, draws=3)) == {5}
    with pytest.raises(AnalysisError, match="must lie between 0 and 1"):
        plan_stopping(1.5, trials=1, maximum=3, **PLAN)
