"""Days that are promised to people, wherever they are."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from studyserver.studies.rules import is_over, tell_day

DAY = date(2026, 12, 1)
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def test_a_day_is_told_with_where_it_ends() -> None:
    assert tell_day(DAY) == "1 December 2026 (anywhere on Earth)"


@given(ZONES, st.integers(0, 24 * 60 - 1))
def test_no_clock_on_earth_that_still_shows_the_day_finds_it_over(zone: timezone, minute: int) -> None:
    assert not is_over(DAY, datetime(2026, 12, 1, minute // 60, minute % 60, tzinfo=zone))


def test_the_day_is_over_once_every_clock_shows_another() -> None:
    noon = datetime(2026, 12, 2, 12, tzinfo=UTC)
    assert (is_over(DAY, noon - timedelta(seconds=1)), is_over(DAY, noon)) == (False, True)
