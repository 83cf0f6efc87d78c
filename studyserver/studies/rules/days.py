"""Days that are promised to people, wherever they are."""

from datetime import date, datetime, timedelta, timezone

LAST_ZONE = timezone(timedelta(hours=-12))
"""Where a day ends last on Earth ("anywhere on Earth")."""


def is_over(day: date, now: datetime) -> bool:
    """Whether the day is over everywhere on Earth; `now` knows its zone."""
    return now.astimezone(LAST_ZONE).date() > day


def tell_day(day: date) -> str:
    """A last day in words; it says until when it lasts: "1 December 2026 (anywhere on Earth)"."""
    return f"{day.day} {day:%B %Y} (anywhere on Earth)"
