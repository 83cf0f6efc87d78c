import numpy as np
import pytest

from analysis.participants.times import ecdf_points, outliers, summarise
from analysis.reading import free_choices
from analysis.reading.responses import validate_responses
from tests.analysis.golden import STATS
from tests.analysis.golden_extras import ecdf
from tests.analysis.tables import rows_of

TIMES = np.array(STATS["rt.fixture"])


def test_summary_equals_golden():
    found = summarise(TIMES)
    assert found is not None
    close = {"rel": 1e-9}
    assert found.median == pytest.approx(STATS["rt.median"], **close)
    assert found.mean == pytest.approx(STATS["rt.mean"], **close)
    assert found.sd == pytest.approx(STATS["rt.sd"], **close)
    assert found.mad == pytest.approx(STATS["rt.mad_raw"], **close)
    assert found.mad_normal == pytest.approx(STATS["rt.mad_normal"], **close)
    assert found.geometric_mean == pytest.approx(STATS["rt.geomean"], **close)
    assert found.trimmed_mean == pytest.approx(STATS["rt.trim20"], **close)
    assert [found.q25, found.q75] == pytest.approx(STATS["rt.q25_q75_type7"], **close)
    assert [found.log_mean, found.log_sd] == pytest.approx(STATS["rt.log_mean_sd"], **close)


def test_outliers_and_distribution_equal_golden():
    assert TIMES[outliers(TIMES, log=False)].tolist() == STATS["rt.mad3_outliers"]
    assert TIMES[outliers(TIMES)].tolist() == STATS["rt.log_mad3_outliers"]
    assert ecdf(TIMES, 4.0) == STATS["rt.ecdf_at_4.0"]
    assert ecdf_points(TIMES)[-1] == (31.0, 1.0)
    assert len(ecdf_points(np.arange(1, 5000.0))) == 200
    assert ecdf_points(np.array([])) == []


def test_edge_cases_have_defined_values():
    assert summarise(np.array([np.nan])) is None
    single = summarise(np.array([3.0]))
    assert single is not None
    assert (single.sd, single.median) == (None, 3.0)
    zero = summarise(np.array([0.0, 2.0]))
    assert zero is not None
    assert (zero.geometric_mean, zero.log_sd) == (None, None)
    assert not outliers(np.array([2.0, 2.0, 2.0])).any()


def test_the_forced_last_choice_is_left_out():
    frame = validate_responses(rows_of([(0, 1, 2, 3)]).assign(choice_order=[2, 4, 1, 3]))
    assert free_choices(frame)["choice_order"].tolist() == [2, 1, 3]
    spare = validate_responses(rows_of([(0, 1, 2, 3)], n_options=5).assign(choice_order=[2, 4, 1, 3]))
    assert len(free_choices(spare)) == 4
    free = validate_responses(rows_of([(0, 1, 2, 3)], design="free").assign(choice_order=[2, 4, 1, 3]))
    assert len(free_choices(free)) == 4
    assert len(free_choices(frame.head(0))) == 0
