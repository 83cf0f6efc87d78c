import pytest

from analysis import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0373, "p = .037"), (0.0004, "p < .001"), (0.001, "p = .001"), (1.0, "p = 1.000"), (None, "p not defined")],
)
def test_p_in_sentences(value, words):
    assert wording.p_value(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(6.308e-10, "6.31 × 10⁻¹⁰"), (0.0143, ".014"), (0.0, "< 10⁻³⁰⁰"), (1.0, "1.000"), (None, "–"), (0.001, ".001")],
)
def test_p_in_tables(value, words):
    assert wording.p_exact(value) == words


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
