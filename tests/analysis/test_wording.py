import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import wording
from analysis.render.sections.metrics.words import measure


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0373, "p = .037"), (0.0004, "p < .001"), (0.001, "p = .001"), (1.0, "p = 1.000"), (None, "p not defined")],
)
def test_p_in_sentences(value, words):
    assert wording.p_value(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (6.308e-10, "6.31 × 10⁻¹⁰"),
        (0.0143, ".014"),
        (0.0, "< 1e-12"),
        (9e-13, "< 1e-12"),
        (1e-12, "1.00 × 10⁻¹²"),
        (1.0, "1.000"),
        (None, "–"),
        (0.001, ".001"),
    ],
)
def test_p_in_tables(value, words):
    assert wording.p_exact(value) == words


@given(st.floats(min_value=0, max_value=1, exclude_min=True))
def test_no_p_is_written_as_nothing(p):
    for text in (wording.p_exact(p), wording.p_value(p)):
        assert any(digit in text for digit in "123456789"), text
    assert (wording.p_exact(p) == "< 1e-12") == (p < 1e-12)


MAGNITUDES = st.floats(min_value=1e-300, max_value=1e9) | st.integers(-200, 8).map(lambda power: 10.0**power)


@given(MAGNITUDES, MAGNITUDES | st.just(0.0), st.sampled_from([wording.points, wording.unit, measure]))
def test_no_error_is_written_as_nothing(error, value, show):
    """KID of 0.00003 with an SE of 0.00001 was "0.0000 ± 0.0000"."""
    _, _, shown = wording.with_error(value, error, show).partition(" ± ")
    assert any(digit in shown for digit in "123456789"), shown


@pytest.mark.parametrize(
    ("value", "error", "show", "words"),
    [
        (57.791, 7.951, wording.points, "57.79 ± 7.95"), (50.001, 0.0041, wording.points, "50.0010 ± 0.0041"),
        (0.000312, 0.0000213, measure, "0.00031 ± 0.000021"), (0.58, 0.004, wording.unit, "0.5800 ± 0.0040"),
        (1.0, None, wording.points, "1.00"), (3e-5, 2e-12, measure, "0.000030 ± 2.0 × 10⁻¹²"),
    ],
)  # fmt: skip
def test_values_with_errors(value, error, show, words):
    assert wording.with_error(value, error, show) == words


def test_a_share_that_is_not_none_is_not_written_as_none():
    assert [wording.percent(share) for share in (0.0, 0.0004, 0.0005, -0.0001)] == ["0.0%", "< 0.1%", "0.1%", "> -0.1%"]
    assert wording.percent(0.004, digits=0) == "< 1%"


@pytest.mark.parametrize(
    ("value", "words"), [(0.577, ".58"), (-0.126, "-.13"), (1.0, "1.00"), (-1.0, "-1.00"), (-0.001, ".00"), (None, "–")]
)
def test_numbers_below_one_have_no_leading_zero(value, words):
    assert wording.unit(value) == words


def test_other_numbers():
    assert wording.percent(38 / 48) == "79.2%"
    assert wording.number(12.0) == "12"
    assert wording.number(3.4641) == "3.46"
    assert [wording.number(value) for value in (-1e-17, -0.004, -0.006, 0)] == ["0", "0", "-0.01", "0"]
    assert wording.number(-0.4, digits=0) == "0"
    assert wording.interval(0.375, 0.7556) == "[.38, .76]"
    assert wording.percent_range(0.667, 0.917) == "66.7–91.7%"
    assert wording.points_interval(50.021, 50.279) == "[50.02, 50.28]"
    assert wording.plural(1, "clip") == "1 clip"
    assert wording.plural(2000, "box", "boxes") == "2,000 boxes"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
    assert wording.listing([]) == "none"


def test_moments_are_given_in_utc():
    assert wording.moment("2026-01-02T12:30:00+01:00") == "2 January 2026, 11:30 UTC"
    assert wording.moment("2026-01-02T11:30:00Z") == "2 January 2026, 11:30 UTC"
    assert wording.moment("soon") == "soon"
    assert wording.moment(None) == "–"
