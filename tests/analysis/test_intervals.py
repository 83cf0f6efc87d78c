from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisError
from analysis.intervals import (
    benjamini_hochberg,
    cohen_h,
    guess_corrected,
    holm,
    newcombe_interval,
    proportion_interval,
)
from tests.analysis.golden import STATS

COUNTS = [*((f"cat.{x}of12", x, 12) for x in range(13)), *(
    (f"total.{key}(naive)", x, 48) for key, x in (("T2.36of48", 36), ("T4.38of48", 38), ("T3.48of48", 48))
)]  # fmt: skip
METHODS = ("wilson", "clopper_pearson", "jeffreys", "agresti_coull")


@pytest.mark.parametrize(("key", "hits", "n"), COUNTS)
def test_intervals_and_effect_sizes_equal_golden(key, hits, n):
    close = {"rel": 1e-9, "abs": 1e-15}
    for method, golden in {
        "wilson": STATS[f"{key}.wilson95"],
        "clopper_pearson": STATS[f"{key}.clopper_pearson95"],
        "jeffreys": STATS[f"{key}.jeffreys95"],
        "agresti_coull": STATS[f"{key}.agresti_coull95"],
    }.items():
        assert proportion_interval(hits, n, method=method) == pytest.approx(golden, **close)
    assert hits / n == pytest.approx(STATS[f"{key}.acc"], rel=1e-12)
    assert cohen_h(hits / n, 0.25) == pytest.approx(STATS[f"{key}.cohen_h_vs_chance"], **close)
    assert guess_corrected(hits / n, 0.25) == pytest.approx(STATS[f"{key}.guess_corrected"], **close)
    # On all 48 answers at once the binomial law is the right one for the free table only.
    p = stats.binomtest(hits, n, 0.25, alternative="greater").pvalue
    assert p == pytest.approx(STATS[f"{key}.p_gt_chance"], rel=1e-9)
    two_sided = stats.binomtest(hits, n, 0.25).pvalue
    assert two_sided == pytest.approx(STATS[f"{key}.p_two_sided_minlike"], rel=1e-9)


def test_clopper_pearson_equals_scipy():
    ours = proportion_interval(7, 12, method="clopper_pearson")
    theirs = stats.binomtest(7, 12).proportion_ci(method="exact")
    assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert ours == pytest.approx(STATS["T4.EH.discrimination.clopper95"], rel=1e-9)


@pytest.mark.parametrize("table", ["T2", "T3", "T4"])
def test_corrections_equal_golden(table):
    raw = list(STATS[f"{table}.percat.p"].values())
    assert holm(raw) == pytest.approx(STATS[f"{table}.percat.p_holm"], rel=1e-9)
    assert benjamini_hochberg(raw) == pytest.approx(STATS[f"{table}.percat.p_bh"], rel=1e-9)


def test_newcombe_equals_golden():
    assert newcombe_interval(12, 12, 7, 12) == pytest.approx(STATS["T3vT4.EM.newcombe95"], rel=1e-9)
    assert newcombe_interval(38, 48, 36, 48) == pytest.approx(STATS["T2vT4.total.newcombe95_diff(T4-T2)"], rel=1e-9)


def test_one_sided_limit_equals_the_jasp_verification_number():
    lower = stats.binomtest(58, 100, alternative="greater").proportion_ci(0.95, method="exact").low
    assert lower == pytest.approx(STATS["anchor.JASP.CP_lower_onesided95_58of100"], rel=1e-9)
    assert proportion_interval(58, 100, method="clopper_pearson", confidence=0.9)[0] == pytest.approx(lower, rel=1e-9)


def test_nothing_to_correct_gives_nothing():
    assert holm([]) == benjamini_hochberg([]) == []


@pytest.mark.parametrize(("hits", "n", "method"), [(5, 4, "wilson"), (0, 0, "wilson"), (1, 2, "wald")])
def test_impossible_proportions_and_methods_are_refused(hits, n, method):
    with pytest.raises(AnalysisError):
        proportion_interval(hits, n, method=method)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from(METHODS))
def test_intervals_stay_in_range_and_hold_the_share(count, method):
    hits, n = count
    low, high = proportion_interval(hits, n, method=method)
    assert 0 <= low <= high <= 1
    if method != "jeffreys":
        assert low <= hits / n <= high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=50)
def test_holm_is_never_below_benjamini_hochberg_nor_that_below_the_raw_value(raw):
    # statsmodels collects garbage in every call, which beside large libraries takes most of a second.
    with patch("gc.collect"):
        assert holm(raw) == pytest.approx(multipletests(raw, method="holm")[1])
        assert benjamini_hochberg(raw) == pytest.approx(multipletests(raw, method="fdr_bh")[1])
    for h, b, p in zip(holm(raw), benjamini_hochberg(raw), raw, strict=True):
        assert h >= b - 1e-12
        assert b >= p - 1e-12
